"""What values are asked for, so that jobs that were paid for them are found again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from qkdrp.backends.runtime.ledger_rows import Evaluation
from qkdrp.circuits import PQC
from qkdrp.common.errors import BackendError


class ProgressOfRequest(Protocol):
    """Whoever asks for values, and is told how their jobs come along."""

    def noted(self, evaluation: Evaluation) -> None:
        """Be told that an evaluation is in the ledger; nothing of it was sent yet."""

    def sent(self, evaluation: Evaluation) -> None:
        """Be told that all jobs of an evaluation are at the service; values are waited for next."""


@dataclass(frozen=True, eq=False)
class PlannedLayer:
    """A quantum layer that values will be asked for.

    Args:
        label: Name of the layer.
        pqc: Its circuit.
        points: Parameter points.
        stage: Its turn, from 0: it needs values of layers of earlier stages, and of no other.
    """

    label: str
    pqc: PQC
    points: int
    stage: int


@dataclass(frozen=True)
class ValueRequest:
    """A request for values that may have to be paid for.

    Args:
        identity: Digest of what decides the values: the same request has the same one.
        origin: What they are for; the ledger keeps it as ``run``.
        content: All that is needed to ask once more, as JSON; the ledger keeps it.
        asker: Told how the jobs come along.
        layers: All quantum layers of the model, where it has several.
    """

    identity: str
    origin: str
    content: Mapping[str, Any]
    asker: ProgressOfRequest
    layers: Sequence[PlannedLayer] = ()

    @property
    def staged(self) -> bool:
        """Whether values are asked for layer by layer."""
        return len(self.layers) > 1

    def check_label(self, label: str) -> None:
        """Refuse values of a layer that nothing is known of, before they are paid for.

        Raises:
            BackendError: If the model has several layers, and this is none of them.
        """
        if self.staged:
            check_layer(label, [each.label for each in self.layers])


def check_layer(label: str, names: Collection[str]) -> None:
    """Refuse a quantum layer whose name is none of a model's.

    Raises:
        BackendError: Says where the name comes from.
    """
    if label not in names:
        raise BackendError(
            f"Found a quantum layer called {label!r}, expected one of {', '.join(names)}: give "
            "the name that the system's circuits() has for it to backend.qnn(pqc, label)."
        )
