"""The state of random number generators, so that a stopped computation can go on."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class HasRandomState(Protocol):
    """Something that draws random numbers and can go on from a saved state of its generator."""

    def random_state(self) -> Mapping[str, Any]:
        """Return the state of the generator, as JSON."""

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that :meth:`random_state` returned."""
