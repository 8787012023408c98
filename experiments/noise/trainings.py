"""How models of the study are trained: on exact values, or under noise."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from qkdrp.backends import Backend, get_backend
from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.common.seeds import derive_seed
from qkdrp.systems.response.config import Settings

if TYPE_CHECKING:
    from qkdrp.experiments.noise.tasks import NoiseTask

EXACT = "exact"


class Training(Settings):
    """One way of training.

    Args:
        name: A key of :data:`TRAININGS`.
        noise: The source of the noise that training sees; empty for none.
        scale: Its scale.
    """

    name: str = EXACT
    noise: str = ""
    scale: float = 0.0

    @property
    def label(self) -> str:
        """What it is called in tables and figures."""
        return self.name if self.name == EXACT else f"{self.name} x{self.scale:g}"


def _exact(task: "NoiseTask") -> Backend:
    return get_backend(task.backend)


def _noise_aware(task: "NoiseTask") -> Backend:
    """Return a backend that trains with random Pauli errors, on the circuit of the study."""
    how = task.training
    backend = AerNoisy(
        noise=how.noise,
        noise_scale=how.scale,
        train_noise=True,
        seed=derive_seed(task.own_seed, "backend"),
    )
    for packed in task.circuits:
        if packed.source == how.noise:
            backend.adopt(packed.unpack())
    return backend


TRAININGS: Mapping[str, Callable[["NoiseTask"], Backend]] = MappingProxyType(
    {EXACT: _exact, "noise-aware": _noise_aware}
)
"""Where a task's circuits run while it trains, by the name of the training."""
