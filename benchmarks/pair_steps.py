"""Training of models on pairs: a step of each model, and an epoch with the circuit's share."""

import itertools
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn
from turns import Step

from qkdrp.backends import get_backend
from qkdrp.systems.pairs.config import DataConfig, ModelConfig, PairsConfig
from qkdrp.systems.pairs.model import PairModel
from qkdrp.systems.pairs.rows import PairRows
from qkdrp.systems.pairs.system import PairsSystem
from qkdrp.training.loop import train_step
from qkdrp.training.optimiser import optimiser_of

MODELS = {
    "classical": {"model": "classical"},
    "hybrid": {"model": "hybrid"},
    "hybrid, moderated": {"model": "hybrid", "normalisation": "moderated"},
}
"""Settings of models by what they are called in the table; the first is the base of ratios."""

BYTES = 1024 if sys.platform != "darwin" else 1
"""Bytes in the unit of the largest memory that the operating system tells."""


@dataclass
class CircuitClock:
    """Seconds that a quantum layer takes, forward and backward.

    Args:
        layer: The layer.
        now: Gives seconds.
    """

    layer: nn.Module
    now: Callable[[], float]
    seconds: float = 0.0
    _start: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Listen to the layer."""
        self.layer.register_forward_pre_hook(self._begin)
        self.layer.register_forward_hook(self._end)
        self.layer.register_full_backward_pre_hook(self._begin)
        self.layer.register_full_backward_hook(self._end)

    def _begin(self, *_: object) -> None:
        self._start = self.now()

    def _end(self, *_: object) -> None:
        self.seconds += self.now() - self._start


def _training(label: str, source: str, *, everything: bool) -> tuple[PairModel, PairRows, Callable]:
    """Return a fresh model, rows, and what trains it on some of them."""
    system = PairsSystem()
    config = PairsConfig(data=DataConfig(source=source), model=ModelConfig.make(**MODELS[label]))
    pairs = system.load(config.data)
    train = pairs if everything else pairs.select(system.split(pairs, config).train)
    preprocessor = system.fit_preprocessor(train, config)
    rows = system.rows(preprocessor, train)
    model = system.build(config, preprocessor, get_backend(config.backend), seed=0)
    task = system.fit_task(config)
    task.before_training(model, rows, config.fit)
    optimiser = optimiser_of(model, task, config.fit)
    model.train()
    return model, rows, lambda batch: train_step(model, rows, batch, optimiser, task)


def _batches(rows: PairRows, size: int) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    return torch.randperm(len(rows), generator=generator).split(size)


def pair_step(label: str, source: str, batch_size: int) -> Step:
    """Return a training step of a fresh model on the training pairs of a source."""
    _, rows, train = _training(label, source, everything=False)
    batches = itertools.cycle(_batches(rows, batch_size)[:-1])  # the last may be smaller
    return lambda: (train(next(batches)),)


def pair_epoch(label: str, source: str, batch_size: int, steps: int, clock: str) -> Step:
    """Return an epoch of all pairs of a source, or its first steps.

    It returns pairs, steps, seconds, the circuit's seconds, and the most memory of the process in
    bytes: what torch and Qiskit take when they are imported, data and model, and what a step needs.
    """
    model, rows, train = _training(label, source, everything=True)
    now = getattr(time, clock)
    circuit = CircuitClock(model.core, now)

    def epoch() -> tuple[float, ...]:
        batches, start = _batches(rows, batch_size)[: steps or None], now()
        for batch in batches:
            train(batch)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES
        seen = sum(len(batch) for batch in batches)
        return seen, len(batches), now() - start, circuit.seconds, memory

    return epoch
