"""The choice of trained models that are evaluated on hardware."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from qkdrp.common.angles import parse_angle
from qkdrp.common.errors import ConfigError

if TYPE_CHECKING:
    from qkdrp.experiments.ito.grid import Configuration
    from qkdrp.experiments.noise.trainings import Training

FIRST = "repeat=1,fold=1"
"""What is chosen where nothing else is said."""


@dataclass(frozen=True)
class Place:
    """A training of the study: what is trained, how, on which fold.

    Args:
        configuration: What is trained.
        training: How.
        repeat: Which drawing of the folds, from 0.
        fold: Which fold is held out, from 0.
    """

    configuration: "Configuration"
    training: "Training"
    repeat: int
    fold: int


KEYS: Mapping[str, tuple[Callable[[str], Any], Callable[[Place], Any]]] = MappingProxyType(
    {
        "drug": (str, lambda place: place.configuration.drug),
        "model": (str, lambda place: place.configuration.model),
        "training": (str, lambda place: place.training.name),
        "a": (float, lambda place: place.configuration.a),
        "r": (parse_angle, lambda place: place.configuration.r),
        "repeat": (int, lambda place: place.repeat + 1),
        "fold": (int, lambda place: place.fold + 1),
    }
)
"""What can be chosen by: how a value is read, and what a training has."""


@dataclass(frozen=True)
class Chosen:
    """Which trainings are meant.

    Args:
        values: Allowed values by key of :data:`KEYS`; keys that are left out allow all.
    """

    values: Mapping[str, tuple[Any, ...]]

    @classmethod
    def parse(cls, text: str) -> "Chosen":
        """Read ``a=20,r=pi/2|pi,training=exact``; ``all`` for all.

        Raises:
            ConfigError: If a key is unknown or a value is invalid.
        """
        values = {}
        for item in [] if text == "all" else (text or FIRST).split(","):
            key, _, listed = (part.strip() for part in item.partition("="))
            if key not in KEYS or not listed:
                raise ConfigError(
                    f"chosen: found {item!r}, expected KEY=VALUE with a key of {', '.join(KEYS)}, "
                    "with commas between, or all."
                )
            try:
                values[key] = tuple(map(KEYS[key][0], listed.split("|")))
            except ValueError as error:
                raise ConfigError(f"chosen: {key} cannot be {listed!r}.") from error
        return cls(values)

    def holds(self, place: Place) -> bool:
        """Tell whether a training is meant."""
        return all(KEYS[key][1](place) in allowed for key, allowed in self.values.items())
