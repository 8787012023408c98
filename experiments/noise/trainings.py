"""Ways of training in the study of noise: on exact values, or under noise."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from qkdrp.common.seeds import derive_seed
from qkdrp.common.settings import Settings

if TYPE_CHECKING:
    from qkdrp.backends import Backend
    from qkdrp.experiments.noise.circuits import PackedCircuit

EXACT = "exact"
"""The training on exact values."""


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


class OpenBackend(Protocol):
    """Opens the backend of a training."""

    def __call__(
        self, training: Training, exact: str, seed: int, circuits: "Sequence[PackedCircuit]"
    ) -> "Backend":
        """Return where circuits run while a model trains.

        Args:
            training: How it is trained.
            exact: Name of the backend of exact values.
            seed: Of the training.
            circuits: Its circuit as prepared for each source of noise.
        """


def _exact(
    training: Training,  # noqa: ARG001  # exact values have no noise
    exact: str,
    seed: int,  # noqa: ARG001
    circuits: "Sequence[PackedCircuit]",  # noqa: ARG001
) -> "Backend":
    from qkdrp.backends import get_backend

    return get_backend(exact)


def _noise_aware(
    training: Training,
    exact: str,  # noqa: ARG001  # values have random errors
    seed: int,
    circuits: "Sequence[PackedCircuit]",
) -> "Backend":
    """Return a backend that trains with random Pauli errors, on the circuit of the study."""
    from qkdrp.backends.aer_noisy import AerNoisy  # loads Qiskit

    backend = AerNoisy(
        noise=training.noise,
        noise_scale=training.scale,
        train_noise=True,
        seed=derive_seed(seed, "backend"),
    )
    for packed in circuits:
        if packed.source == training.noise:
            backend.adopt(packed.unpack())
    return backend


TRAININGS: Mapping[str, OpenBackend] = MappingProxyType(
    {EXACT: _exact, "noise-aware": _noise_aware}
)
"""Where circuits run while a model trains, by the name of the training."""
