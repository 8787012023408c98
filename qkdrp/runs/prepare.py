"""Loading, checking, splitting and preprocessing before a training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from qkdrp.backends import Backend
from qkdrp.backends.protocols import PaidBackend
from qkdrp.common.brief import Brief
from qkdrp.common.errors import ConfigError
from qkdrp.runs.folder import read_config, read_split
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.resume import check_resumable
from qkdrp.systems.registry import find_system
from qkdrp.training.dataset import Dataset
from qkdrp.training.device import find_device
from qkdrp.training.folds import Fold, draw_folds
from qkdrp.training.rows import Rows
from qkdrp.training.run_config import RunConfig
from qkdrp.training.split import Split
from qkdrp.training.stored_state import Preprocessor
from qkdrp.training.system import AnySystem, Facts

STEPS = 8
"""Steps of an epoch that notes propose for small data."""


@dataclass(frozen=True, eq=False, repr=False)
class Prepared(Brief):
    """A training that can begin: all is loaded, checked and fitted but the model.

    Args:
        system: Whose training it is.
        config: The settings.
        dataset: All rows.
        split: Which of them are for what.
        preprocessor: Fitted on the training rows.
        noise: What the backend reports of itself; nothing where values are exact.
        quicker: What trains more quickly than the backend; empty where nothing does.
        folds: Of the cross-validation of a training on all rows.
    """

    system: AnySystem
    config: RunConfig
    dataset: Dataset
    split: Split
    preprocessor: Preprocessor
    noise: Mapping[str, Any] = field(default_factory=dict)
    quicker: str = ""
    folds: Sequence[Fold] = ()

    @cached_property
    def facts(self) -> Facts:
        """What titles, folder names and summaries say of the training."""
        return self.system.facts(self.config, self.dataset, self.split, self.preprocessor)

    @property
    def doubts(self) -> list[str]:
        """What the user should know before training, in words."""
        n_train, fit = len(self.split.train), self.config.fit
        batch = fit.batch_size
        small = n_train < batch and not (fit.min_steps or fit.full_batch)
        few = (
            f"{n_train} training rows are fewer than a batch of {batch}, so an epoch is one step; "
            f"--batch-size {max(2, n_train // STEPS)} takes {STEPS}; --min-steps sets the least"
        )
        return [*self.facts.doubts, *([few] if small else [])]

    def part(self, name: str) -> Dataset:
        """Return the rows of a part of the split."""
        return self.dataset.select(self.split.parts()[name])

    def rows(self, name: str) -> Rows | None:
        """Return the rows of a part as tensors; None for an empty part."""
        part = self.part(name)
        return self.system.rows(self.preprocessor, part) if len(part) else None


def prepare(
    config: RunConfig, dataset: Dataset | None = None, split: Split | None = None
) -> Prepared:
    """Load, check, split and preprocess; writes nothing.

    Args:
        config: The settings.
        dataset: The rows, where they are loaded already.
        split: A split of theirs; the system's own where left out.

    Raises:
        QkdrpError: If settings or data are invalid.
    """
    system = find_system(config.system)
    system.check(config)
    find_device(config.fit.device)
    with open_backend(config.backend, config.backend_options, config.seed) as backend:
        _check_backend(backend, system, config)
        noise = {} if isinstance(backend, PaidBackend) else backend.report()
        quicker = backend.quicker
    dataset = dataset or system.load(config.data)
    config = with_whole_path(config)
    folds = tuple[Fold, ...]()
    if config.final is None:
        split = split or system.split(dataset, config)
    else:
        split = split or system.final_split(dataset)
        folds = _folds(system, dataset, config.seed, config.final.folds)
    preprocessor = system.fit_preprocessor(dataset.select(split.train), config)
    return Prepared(system, config, dataset, split, preprocessor, noise, quicker, folds)


def _folds(system: AnySystem, dataset: Dataset, seed: int, folds: int) -> tuple[Fold, ...]:
    """Return the folds of a training on all rows; none where none are asked for."""
    nothing = np.array([], dtype=np.str_)
    return draw_folds(system, dataset, nothing, seed, folds, repeat=0) if folds else ()


def prepare_resumed(path: Path) -> Prepared:
    """Load, check and preprocess for a training that goes on in its run folder.

    Raises:
        QkdrpError: If it cannot go on, or the data cannot be read.
    """
    check_resumable(path)
    return prepare(read_config(path), split=read_split(path))


def _check_backend(backend: Backend, system: AnySystem, config: RunConfig) -> None:
    """Refuse a backend that cannot train the circuits of a model, or has nothing to do."""
    circuits = system.circuits(config)
    for circuit in circuits.values():
        backend.check(circuit.pqc)
    if circuits:
        backend.check_training()
    elif backend.circuits_only:
        raise ConfigError(
            f"{config.model.in_words} has no circuit: there is nothing to run on "
            f"{config.backend}; use --backend statevector."
        )


def with_whole_path(config: RunConfig) -> RunConfig:
    """Say where data come from in a way that holds in every working folder."""
    if config.data.is_named(config.data.source):
        return config
    source = str(Path(config.data.source).absolute())
    return config.model_copy(update={"data": config.data.model_copy(update={"source": source})})
