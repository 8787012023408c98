"""The models that are compared, by name; imports nothing that takes time."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from qkdrp.circuits.families.reuploading.spec import PQCSpec
from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.systems.response.config import ModelConfig


class Core(StrEnum):
    """What stands between the angles and the head."""

    QUANTUM = "quantum"
    """The circuit."""

    FROZEN = "frozen"
    """The circuit with random weights that are not trained."""

    DENSE = "dense"
    """A classical layer with as many parameters as the circuit."""

    NONE = "none"
    """Nothing: the head reads the angles."""


@dataclass(frozen=True)
class Recipe:
    """Which parts a named model has between encoder and prediction.

    Args:
        normalisation: A key of :data:`~qkdrp.nn.normalisation.NORMALISATIONS`.
        core: What stands between the angles and the head.
    """

    normalisation: str
    core: Core = Core.QUANTUM

    @property
    def moderated(self) -> bool:
        """Whether a and r matter."""
        return self.normalisation == "moderated"

    @property
    def quantum(self) -> bool:
        """Whether the core is a circuit."""
        return self.core in {Core.QUANTUM, Core.FROZEN}


MODELS: Mapping[str, Recipe] = MappingProxyType(
    {
        "classic": Recipe("identity", Core.NONE),
        "identity": Recipe("identity"),
        "layernorm": Recipe("layernorm"),
        "tanh": Recipe("tanh"),
        "moderated": Recipe("moderated"),
        "frozen": Recipe("moderated", Core.FROZEN),
        "dense": Recipe("moderated", Core.DENSE),
        "squashed": Recipe("moderated", Core.NONE),
    }
)
"""Models by command line name: those that Ito et al. 2025 compare, and three controls.

Beside ``moderated``, the controls tell what the quantum layer does: ``frozen`` does not train the
circuit, ``dense`` has a classical layer with as many parameters in its place, ``squashed`` nothing.
"""


def spec_of(config: ModelConfig) -> PQCSpec:
    """Return the specification of the circuit that a model configuration asks for."""
    return PQCSpec(
        config.n_qubits,
        config.n_encoding,
        config.n_variational,
        measurement=config.measurement,
        entangler=config.entangler,
        absorb_tail=config.absorb_tail,
    )


def recipe_of(config: ModelConfig) -> Recipe:
    """Return the recipe of a configuration, and check that its settings fit together.

    Raises:
        ConfigError: If the model is unknown or cannot learn a and r.
        CircuitError: If a choice of the circuit is unknown.
    """
    if config.model not in MODELS:
        raise ConfigError(f"model = {config.model!r}: {choose_one_of(config.model, MODELS)}")
    recipe = MODELS[config.model]
    if config.learn_a_r and not recipe.moderated:
        raise ConfigError(
            f"model {config.model!r} has no a and r to learn: "
            f"choose one of {', '.join(repr(n) for n, r in MODELS.items() if r.moderated)}."
        )
    if recipe.quantum:
        spec_of(config)
    return recipe
