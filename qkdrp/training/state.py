"""The state of a training in progress, as plain numbers that a checkpoint can hold."""

from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import nn

from qkdrp.training.early_stopping import EarlyStopping
from qkdrp.training.epoch import Epoch

_MODEL, _BEST, _OPTIMISER = "model.", "best.", "optimiser."
_SHUFFLE, _TORCH, _ORDER = "shuffle", "torch", "order"

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The state of a training at one moment.

    Args:
        tensors: Weights, optimiser state and torch's generators, by name.
        values: Everything else, as JSON.
    """

    tensors: Tensors
    values: dict[str, Any]


@dataclass
class EpochProgress:
    """How far the present epoch is.

    Args:
        order: Row numbers in this epoch's random order, shape (n_rows,), int64.
        n_batches: Batches done.
        total: Sum of the losses of the rows seen.
        n_seen: Rows seen.
    """

    order: torch.Tensor
    n_batches: int = 0
    total: float = 0.0
    n_seen: int = 0

    def add(self, loss: float, n_rows: int) -> None:
        """Count the mean loss of some rows."""
        self.total += loss * n_rows
        self.n_seen += n_rows


@dataclass(eq=False)
class TrainingState:
    """Model, optimiser, generators and records of a training.

    Args:
        model: The model.
        optimiser: Of its parameters.
        stopping: The best epoch so far.
        shuffle: Generator of the order of rows.
        epochs: Records of finished epochs.
        progress: How far the present epoch is; None between epochs.
    """

    model: nn.Module
    optimiser: torch.optim.Optimizer
    stopping: EarlyStopping
    shuffle: torch.Generator
    epochs: list[Epoch] = field(default_factory=list)
    progress: EpochProgress | None = None

    def __post_init__(self) -> None:
        """Start the clock."""
        self._start = perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds since training began, pauses between resumed parts left out."""
        return perf_counter() - self._start

    def start_epoch(self, n_rows: int) -> EpochProgress:
        """Return the progress of the present epoch; where none is under way, begin one."""
        if self.progress is None:
            self.progress = EpochProgress(torch.randperm(n_rows, generator=self.shuffle))
        return self.progress

    def snapshot(self) -> Snapshot:
        """Return the present state; tensors may be those in use."""
        optimiser = self.optimiser.state_dict()
        tensors = {_MODEL + name: tensor for name, tensor in self.model.state_dict().items()}
        for name, tensor in (self.stopping.best_weights or {}).items():
            tensors[_BEST + name] = tensor
        for index, state in optimiser["state"].items():
            tensors |= {f"{_OPTIMISER}{index}.{name}": value for name, value in state.items()}
        tensors[_SHUFFLE], tensors[_TORCH] = self.shuffle.get_state(), torch.get_rng_state()
        values = {
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "best_epoch": self.stopping.best_epoch,
            "best_value": self.stopping.best_value,
            "optimiser": optimiser["param_groups"],
            "seconds": self.seconds,
            "progress": None,
        }
        if self.progress is not None:
            values["progress"] = asdict(self.progress)
            tensors[_ORDER] = values["progress"].pop("order")
        return Snapshot(tensors, values)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to the state of a snapshot.

        Raises:
            KeyError: If something is missing in it.
            ValueError: If it does not fit the optimiser.
            RuntimeError: If it does not fit the model.
        """
        tensors, values = snapshot.tensors, snapshot.values
        self.model.load_state_dict(_named(tensors, _MODEL))
        self.optimiser.load_state_dict(
            {
                "state": _by_parameter(_named(tensors, _OPTIMISER)),
                "param_groups": [_with_tuples(group) for group in values["optimiser"]],
            }
        )
        self.stopping.best_epoch = values["best_epoch"]
        self.stopping.best_value = values["best_value"]
        self.stopping.best_weights = _named(tensors, _BEST) or None
        self.epochs[:] = [Epoch(**epoch) for epoch in values["epochs"]]
        progress = values["progress"]
        self.progress = progress and EpochProgress(tensors[_ORDER], **progress)
        self.shuffle.set_state(tensors[_SHUFFLE])
        torch.set_rng_state(tensors[_TORCH])
        self._start = perf_counter() - values["seconds"]


def _named(tensors: Tensors, prefix: str) -> Tensors:
    """Return the tensors whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _by_parameter(tensors: Tensors) -> dict[int, Tensors]:
    """Return an optimiser's state by the number of the parameter and by name."""
    found: dict[int, Tensors] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        found.setdefault(int(index), {})[name] = tensor
    return found


def _with_tuples(group: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter group of torch, whose pairs JSON made lists."""
    return {
        name: tuple(value) if isinstance(value, list) and name != "params" else value
        for name, value in group.items()
    }
