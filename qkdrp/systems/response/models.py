"""The models that are compared, by name; imports nothing that takes time."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qkdrp.nn.cores import Core


@dataclass(frozen=True)
class Recipe:
    """Which parts a named model has between encoder and prediction.

    Args:
        normalisation: A key of :data:`~qkdrp.nn.normalisation.NORMALISATIONS`.
        core: What follows it.
    """

    normalisation: str
    core: Core = Core.QUANTUM

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
