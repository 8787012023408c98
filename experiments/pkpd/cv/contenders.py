"""Contenders: models and baselines that the study compares, by name, with and without PD0."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Self

from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.experiments.pkpd.cv.contender import Contender
from qkdrp.experiments.pkpd.cv.networks import USAGE, network

MECHANISTIC, LINEAR, DENSE, QUANTUM = (
    "mechanistic", "greybox-linear", "greybox-mlp", "greybox-quantum",
)  # fmt: skip
"""The population model, and grey boxes by their head."""

DOSE_TIME_MEAN = "dose_time_mean"
"""The mean of the dose at the time: what every model has to beat."""


def _greybox(head: str, meaning: str, **settings: Any) -> Contender:  # noqa: ANN401
    return Contender(
        f"Grey box, {head} head",
        meaning,
        {"model": "greybox", "head": head, **settings},
        seeded=head != "linear",
        mechanism=True,
    )


MODELS: Mapping[str, Contender] = MappingProxyType(
    {
        MECHANISTIC: Contender(
            "Mechanistic",
            "a population model; covariate and random effects are chosen by likelihood",
            {"model": "mechanistic", "refits": 0},
            mechanism=True,
        ),
        LINEAR: _greybox("linear", "power laws give changes of all parameters of the mechanism"),
        DENSE: _greybox("mlp", "power laws, and 16 hidden units beside them"),
        QUANTUM: _greybox(
            "quantum",
            "power laws, and a circuit of 4 qubits and 2 layers beside them",
            n_qubits=4,
            n_layers=2,
        ),
        "mlp": Contender(
            "Network",
            "two dense layers of 64 on features of dose and time; knows no mechanism",
            {"model": "mlp"},
            seeded=True,
        ),
    }
)
"""Models by command line name."""

BASELINES: Mapping[str, Contender] = MappingProxyType(
    {
        DOSE_TIME_MEAN: Contender(
            "Mean of dose and time", "training subjects of the dose at the time", told=False
        ),
        "ridge": Contender("Ridge", "ridge regression of logarithms on the features"),
        "extra_trees": Contender("Extra trees", "300 extremely randomised trees on the features"),
        "boosting": Contender("Boosting", "300 boosted trees on the features"),
    }
)
"""Baselines of the system by name; all of them take part."""


@cache
def contender(name: str) -> Contender:
    """Return a contender.

    Raises:
        ConfigError: If there is no model of that name.
    """
    known = {**MODELS, **BASELINES}
    found = known.get(name) or network(name)
    if found is None:
        raise ConfigError(f"found {name!r}: {choose_one_of(name, MODELS)} Or {USAGE}.")
    return found


@dataclass(frozen=True)
class Variant:
    """A contender, and whether it is told the biomarker before the first dose.

    Args:
        name: Of the contender.
        told: Whether so.
    """

    name: str
    told: bool = False

    @property
    def contender(self) -> Contender:
        """The contender."""
        return contender(self.name)

    @property
    def key(self) -> str:
        """What tables call it."""
        return f"{self.name}+PD0" if self.told else self.name

    @property
    def label(self) -> str:
        """What texts and figures call it."""
        return f"{self.contender.label} with PD0" if self.told else self.contender.label

    def without(self) -> Self:
        """Return the same without PD0."""
        return type(self)(self.name)
