import copy
import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from qkdrp.common.errors import RunError
from qkdrp.training.checkpoint import Checkpoint, owner_of
from qkdrp.training.config import FitConfig
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.loop import fit_model
from qkdrp.training.rows import Indices, Rows
from qkdrp.training.task import RegressionTask

CONFIG = FitConfig(epochs=6, batch_size=8, lr=0.05, patience=3)
N_BATCHES = 5


class Noisy:
    """A generator beside torch's, as a noisy backend has."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(3)

    def random_state(self) -> Mapping[str, Any]:
        return self.rng.bit_generator.state

    def set_random_state(self, state: Mapping[str, Any]) -> None:
        self.rng.bit_generator.state = dict(state)


class Net(nn.Module):
    """Draws from torch's global generator (dropout) and from one of its own."""

    def __init__(self, noise: Noisy) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3))
        self.head, self.noise = nn.Linear(8, 1), noise

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        shift = 0.01 * self.noise.rng.normal()
        return self.head(self.layers(inputs)).squeeze(-1) + shift


class Dies(Exception):  # noqa: N818  # stands for a crash
    """Ends a process, as far as a test can have it so."""


class Rowed(Rows):
    """Rows whose n-th batch of a process is the last it sees."""

    left = 10**9

    def batch(self, indices: Indices) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
        type(self).left -= 1
        if type(self).left < 0:
            raise Dies
        return super().batch(indices)


def rows(n: int, seed: int) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
    inputs = torch.randn(n, 4, generator=torch.Generator().manual_seed(seed))
    return (inputs,), inputs.sum(1)


def train(
    path: Path | None = None,
    *,
    batches: int = 10**9,
    torch_seed: int = 0,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    identity: Mapping[str, Any] | None = None,
    **options: Any,
) -> tuple[Fit, nn.Module]:
    """Train as a new process does, which dies after so many batches."""
    noise = Noisy()
    torch.manual_seed(0)
    model = Net(noise)
    torch.manual_seed(torch_seed)
    Rowed.left = batches
    named = {"lr": CONFIG.lr} if identity is None else identity
    checkpoint = path and Checkpoint(path, lambda: named, draws={"noise": noise}, **options)
    fit = fit_model(
        model,
        Rowed(*rows(36, 0)),
        Rows(*rows(20, 1)),
        CONFIG,
        5,
        task=RegressionTask(),
        on_epoch=on_epoch,
        checkpoint=checkpoint,
    )
    return fit, model


def courses(fit: Fit) -> list[Epoch]:
    return [replace(epoch, seconds=0.0) for epoch in fit.epochs]


def same(left: nn.Module, right: nn.Module) -> bool:
    pairs = zip(left.state_dict().values(), right.state_dict().values(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.safetensors"


@pytest.mark.parametrize("every", [0.0, 30.0])
def test_a_training_that_dies_again_and_again_ends_with_the_same_numbers(
    every: float, path: Path, rng: np.random.Generator
) -> None:
    expected, model = train()
    for torch_seed, batches in enumerate(rng.integers(N_BATCHES, 2 * N_BATCHES, size=3)):
        with pytest.raises(Dies):
            train(path, batches=int(batches), torch_seed=torch_seed, every=every)
    fit, found = train(path, torch_seed=7, every=every)
    assert courses(fit) == courses(expected)
    assert fit.best_epoch == expected.best_epoch
    assert same(found, model)


def test_every_batch_counts(path: Path) -> None:
    with pytest.raises(Dies):
        train(path, batches=2 * N_BATCHES + 3, every=0)
    left = 6 * N_BATCHES - (2 * N_BATCHES + 3)
    train(path, batches=left, every=0)  # one more would be the end of it


def test_a_checkpoint_is_there_after_the_first_epoch(path: Path) -> None:
    with pytest.raises(Dies):
        train(path, batches=N_BATCHES - 1)
    assert not path.exists()
    with pytest.raises(Dies):
        train(path, batches=N_BATCHES)
    assert owner_of(path).here


def test_earlier_epochs_are_told_once_more(path: Path) -> None:
    with pytest.raises(Dies):
        train(path, batches=3 * N_BATCHES, every=0)
    seen: list[int] = []
    fit, _ = train(path, on_epoch=lambda epoch: seen.append(epoch.epoch))
    assert seen == [epoch.epoch for epoch in fit.epochs]
    times = [epoch.seconds for epoch in fit.epochs]
    assert times == sorted(times), "time goes on where it stopped"


def test_a_finished_training_is_not_trained_again(path: Path) -> None:
    expected, model = train(path, every=0)
    fit, found = train(path, batches=0)
    assert courses(fit) == courses(expected)
    assert same(found, model)


def test_weights_that_are_shared_are_saved(path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    before = copy.deepcopy(model.state_dict())
    config = FitConfig(epochs=1)
    checkpoint = Checkpoint(path, dict)
    data = Rows((torch.ones(3, 4),), torch.ones(3, 4))
    fit_model(model, data, None, config, 0, task=RegressionTask(), checkpoint=checkpoint)
    assert not torch.equal(before["0.weight"], model[0].weight)
    assert torch.equal(load_file(path)["model.1.weight"], model[0].weight)


def test_a_full_disk_does_not_end_the_training(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_: Path, __: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    expected, _ = train()
    monkeypatch.setattr(Path, "write_bytes", write)
    errors: list[OSError] = []
    fit, _ = train(path, on_error=errors.append)
    assert courses(fit) == courses(expected)
    assert {error.filename for error in errors} == {str(path)}
    assert list(path.parent.iterdir()) == []


def test_another_training_is_refused(path: Path) -> None:
    with pytest.raises(Dies):
        train(path, batches=N_BATCHES, identity={"lr": 0.1, "seed": 0})
    with pytest.raises(RunError, match=r"another training \(different: lr\)"):
        train(path, identity={"lr": 0.2, "seed": 0})


@pytest.mark.parametrize("spoil", ["truncate", "other file", "other model", "older"])
def test_a_damaged_file_is_refused(spoil: str, path: Path) -> None:
    with pytest.raises(Dies):
        train(path, batches=N_BATCHES)
    if spoil == "truncate":
        path.write_bytes(path.read_bytes()[:-100])
    elif spoil == "other file":
        path.write_text("not a checkpoint")
    elif spoil == "other model":
        content, tensors = path.read_bytes(), load_file(path)
        header = content[8 : 8 + int.from_bytes(content[:8], "little")].decode()
        assert '"training"' in header
        del tensors["model.head.weight"]
        save_file(tensors, path)
    else:
        path.write_bytes(path.read_bytes().replace(b'\\"format\\": 1', b'\\"format\\": 0'))
    with pytest.raises(RunError, match="train again"):
        train(path)


def test_deleting_is_quiet(path: Path) -> None:
    with pytest.raises(Dies):
        train(path, batches=N_BATCHES)
    for _ in range(2):
        Checkpoint(path, dict).delete()
    assert not path.exists()
