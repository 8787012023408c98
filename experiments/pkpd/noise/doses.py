"""The dose that a model of a fold chooses."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
from torch import nn

from qkdrp.experiments.pkpd.noise.question import DoseQuestion, FoundDose
from qkdrp.experiments.study.training import Training
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.dose.answer import find_doses
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.from_run import source_of_run
from qkdrp.systems.pkpd.dose.population import Population
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.loop import predict
from qkdrp.training.trained import Trained

PARTS = ("train", "validation", "test")
"""Names of the parts of a fold."""


def dose_of(
    question: DoseQuestion, training: Training, model: nn.Module, parts: Sequence[Trial]
) -> FoundDose:
    """Return the dose that a trained model chooses.

    Args:
        question: What is asked.
        training: Of the model.
        model: The model, on the backend that its circuits run on.
        parts: Subjects that trained, that validated, and that were left out.
    """
    system, config = training.system, training.config
    assert isinstance(config, PkpdConfig)
    trial: Trial = system.load(config.data)
    split, fitted = system.split(trial, config), training.preprocessor
    trained = Trained[PkpdConfig, Preprocessor](config, split, fitted, model, None)
    source = source_of_run(trained, trial, partial(_known, training, model, parts))
    population = Population.of_trial(source.observed(), n_subjects=question.subjects)
    criterion = Criterion(
        question.target, question.fraction, question.interval, window=question.window
    )
    (answer,) = find_doses(source.model, population, [criterion], question.grid)
    found = answer.found
    return FoundDose(dose=found.dose, exact=found.exact, share=found.share)


def _known(training: Training, model: nn.Module, parts: Sequence[Trial]) -> pd.DataFrame:
    """Return the model's predictions of all subjects, which tell how held-out ones differ."""
    system, fitted = training.system, training.preprocessor
    tables = []
    for name, part in zip(PARTS, parts, strict=True):
        inputs, _ = system.rows(fitted, part).batch(slice(None))
        values = predict(model, *inputs).double().numpy()
        tables.append(system.predictions(fitted, part, name, values))
    return pd.concat(tables, ignore_index=True)
