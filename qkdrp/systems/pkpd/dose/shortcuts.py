"""Shortcuts of a published dose optimiser (Team PNU), each of which changes the answer; all off."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, Self

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.model import DoseModel, DoseSource, SharesScaler
from qkdrp.systems.pkpd.dose.population import EMPIRICAL, TRIAL
from qkdrp.systems.pkpd.dose.search import Caps

PNU_CAPS: Mapping[float, Caps] = {24.0: Caps(0.5, 10.0, 0.5), 168.0: Caps(10.0, 70.0, 5.0)}
"""Ends and steps of Team PNU's grids of doses, mg, by the hours between doses."""

WORDS: Mapping[str, str] = {
    "criterion": "one moment of the interval is enough",
    "window": "the interval after the one that follows the last of a few doses",
    "caps": "a closed grid, whose closest dose is given where none is enough",
    "population": "the subjects of the trial, each once",
    "variability": "no variability between subjects",
    "pd_scaler": "features of the biomarker are scaled as those of concentrations",
}
"""What each shortcut does, by its name."""


@dataclass(frozen=True)
class Shortcuts:
    """Which shortcuts are taken.

    Args:
        criterion: ``min`` asks that one moment of the interval keeps to the target.
        window: ``late`` looks at the interval that begins one interval after the last dose.
        caps: ``pnu`` closes the grid of doses.
        population: ``trial`` takes the trial's subjects, each once.
        variability: ``none`` lets no subjects differ but by their covariates.
        pd_scaler: ``pk`` scales features of the biomarker as those of concentrations.
    """

    criterion: Literal["throughout", "min"] = "throughout"
    window: Literal["steady", "late"] = "steady"
    caps: Literal["none", "pnu"] = "none"
    population: Literal["drawn", "trial"] = "drawn"
    variability: Literal["model", "none"] = "model"
    pd_scaler: Literal["pd", "pk"] = "pd"

    @classmethod
    def pnu(cls) -> Self:
        """Return all of them."""
        return cls("min", "late", "pnu", "trial", "none", "pk")

    @property
    def taken(self) -> dict[str, str]:
        """Return those that are taken, by name."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) != each.default
        }

    def words_of(self, name: str) -> str:
        """Return what a shortcut does, in words."""
        return WORDS[name]

    def __str__(self) -> str:
        """Return them in words."""
        return "; ".join(f"{name}={value}: {WORDS[name]}" for name, value in self.taken.items())

    def of_model(self, model: DoseModel) -> Self:
        """Return those that a model can take: one with a mechanism has no scalers of features."""
        return self if isinstance(model, SharesScaler) else replace(self, pd_scaler="pd")

    def source(self, source: DoseSource) -> DoseSource:
        """Return a source with its model changed.

        Raises:
            ConfigError: If the model has no scalers that could be exchanged.
        """
        model, refits = source.model, tuple(source.refits)
        if self.pd_scaler == "pk":
            if not isinstance(model, SharesScaler):
                raise ConfigError(
                    f"the model {source.title} has a mechanism and no scalers of features: leave "
                    "out pd_scaler=pk."
                )
            model = model.with_pk_scaler()
        if self.variability == "none":
            model = model.without_variability()
            refits = tuple(each.without_variability() for each in refits)
        return replace(source, model=model, refits=refits)

    def asked(self, criterion: Criterion) -> Criterion:
        """Return a criterion with what is asked changed."""
        changed = criterion
        if self.criterion == "min":
            changed = replace(changed, moment="best")
        return replace(changed, window="late") if self.window == "late" else changed

    def words(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words of a population with its kind changed."""
        kept = tuple(word for word in words if word.casefold() not in (EMPIRICAL, TRIAL))
        return (TRIAL, *kept) if self.population == "trial" else words

    def ends(self, interval: float) -> Caps | None:
        """Return the ends of the grid of doses; None for an open one.

        Raises:
            ConfigError: If there are none for an interval.
        """
        if self.caps == "none":
            return None
        if interval not in PNU_CAPS:
            known = " and ".join(f"{hours:g}" for hours in PNU_CAPS)
            raise ConfigError(
                f"caps=pnu: the grids are those of doses every {known} h, not every {interval:g} h."
            )
        return PNU_CAPS[interval]


NO_SHORTCUTS = Shortcuts()
"""None of them."""
