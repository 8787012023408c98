"""The source of doses that a trained model holds."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import pandas as pd
from torch import nn

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.dose.feature_ranges import FeatureRanges
from qkdrp.systems.pkpd.dose.held_out import Offsets
from qkdrp.systems.pkpd.dose.model import DoseModel, DoseSource
from qkdrp.systems.pkpd.dose.regressor import RegressorDoses
from qkdrp.systems.pkpd.find_model import find_model
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.trained import Trained

NO_REFITS = "models on features are not fitted to resamples"
"""Why doses of models on features have no interval."""


@runtime_checkable
class HoldsPopulation(Protocol):
    """A trained module that is, or holds, a population model."""

    @property
    def no_refits(self) -> str:
        """Why there are no refits, where there are none."""

    def population(self) -> DoseModel:
        """Return the population model."""

    def refits(self) -> Sequence[DoseModel]:
        """Return its refits to resampled subjects; none where they were not asked for."""


def source_of(module: nn.Module, trial: Trial, title: str) -> DoseSource:
    """Return the source of doses of a trained population model.

    Args:
        module: The trained model.
        trial: What it was trained on.
        title: What it is called.

    Raises:
        ConfigError: If the model is no population model: what it lacks is in its run
            (:func:`source_of_run`).
    """
    if not isinstance(module, HoldsPopulation):
        raise ConfigError(
            f"the model {title} has no mechanism, and so no variability between subjects of its "
            "own: its run folder tells that."
        )
    refits = tuple(module.refits())
    return DoseSource(module.population(), trial, refits, title, module.no_refits)


def source_of_run(
    trained: Trained[PkpdConfig, Preprocessor],
    trial: Trial,
    known: Callable[[], pd.DataFrame],
    *,
    variability: bool = True,
) -> DoseSource:
    """Return the source of doses of a run.

    Args:
        trained: The run.
        trial: What it was trained on.
        known: Gives the run's predictions of its own subjects, which tell how held-out ones differ.
        variability: Whether that is asked for.

    Raises:
        ConfigError: If a model on features held no subjects out.
    """
    n_fitted, title = len(trained.split.train), trained.config.model.model
    if n_fitted < len(trial):
        title = f"{title}, fitted to {n_fitted} of {len(trial)} subjects"
    if isinstance(trained.model, HoldsPopulation):
        return source_of(trained.model, trial, title)
    model = RegressorDoses(
        title,
        find_model(trained.config.model.model),
        trained.preprocessor,
        trained.model,
        FeatureRanges.of(trained.preprocessor, trial.select(trained.split.train)),
        Offsets.of(known()) if variability else None,
    )
    return DoseSource(model, trial, (), title, NO_REFITS, _notes(model.held_out))


def _notes(offsets: Offsets | None) -> tuple[str, ...]:
    """Return what should be known of the variability of a model on features."""
    if offsets is None:
        return ()
    spread = offsets.deviation["biomarker"]
    n = offsets.n_subjects["biomarker"]
    return (
        f"Subjects differ from the model by a factor, drawn as the mean log residuals of {n} "
        f"held-out subjects are: {offsets.mean['biomarker']:+.3f} on average, standard deviation "
        f"{spread:.3f} for the biomarker.",
    )


def told_apart(sources: Sequence[DoseSource], names: Sequence[str]) -> list[DoseSource]:
    """Return the sources of runs of one trial; runs of one model get names of their own.

    Args:
        sources: At least one.
        names: Of each run.

    Raises:
        ConfigError: If they are of several trials.
    """
    for name, source in zip(names, sources, strict=True):
        if source.trial.digest() != sources[0].trial.digest():
            raise ConfigError(
                f"{name}: was fitted to another trial than {names[0]}; give runs of one trial."
            )
    often = Counter(source.title for source in sources)
    return [
        source if often[source.title] == 1 else replace(source, title=f"{source.title} ({name})")
        for name, source in zip(names, sources, strict=True)
    ]
