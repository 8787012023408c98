"""Predicting new samples with one trained model of any system."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from qkdrp.common.errors import ConfigError
from qkdrp.training.new_sample_settings import NewSampleSettings
from qkdrp.training.new_samples import AnyNewSamples, Matched, Member
from qkdrp.training.predict import predict_rows
from qkdrp.training.stored_state import State
from qkdrp.training.system import AnySystem
from qkdrp.training.trained import Trained


def new_samples_of(system: AnySystem) -> AnyNewSamples:
    """Return how a system predicts for new samples.

    Raises:
        ConfigError: If it does not say how.
    """
    if system.new_samples is None:
        raise ConfigError(
            f"system {system.name!r} does not predict for new samples: it brings no new_samples; "
            "qkdrp evaluate predicts the test rows of its runs."
        )
    return system.new_samples


def predict_matched(
    system: AnySystem, trained: Trained[Any, Any], known: pd.DataFrame, matched: Matched[Any]
) -> Member:
    """Predict samples that are in the form that a model reads.

    Args:
        system: Whose model it is.
        trained: The model.
        known: Measured and predicted values of the rows of its split.
        matched: The samples.
    """
    values = predict_rows(system, trained.preprocessor, trained.model, matched.dataset)
    return Member(trained, known, values, matched.dataset)


def predict_frames(
    system: AnySystem,
    trained: Trained[Any, Any],
    known: pd.DataFrame,
    reference: State | None,
    frames: Mapping[str, pd.DataFrame],
    settings: NewSampleSettings,
) -> pd.DataFrame:
    """Return predictions for tables of samples in the user's units, with intervals.

    Args:
        system: Whose model it is.
        trained: The model.
        known: Measured and predicted values of the rows of its split.
        reference: What the run kept of its data.
        frames: The samples, by name of the table.
        settings: How they are matched.

    Raises:
        QkdrpError: If they do not fit the model.
    """
    support = new_samples_of(system)
    dataset = support.from_frames(frames, trained.config.data, settings, reference)
    matched = support.match(trained, dataset, settings, reference)
    member = predict_matched(system, trained, known, matched)
    return support.table(dataset.ids, {"": [member]}, settings)
