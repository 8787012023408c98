"""``qkdrp train`` in processes that kill themselves at a given epoch."""

import multiprocessing
import os
import signal
from pathlib import Path

from qkdrp.systems.response.config import TrainConfig
from qkdrp.training.epoch import Epoch

FORKS = multiprocessing.get_context("forkserver")
"""Starts processes that share what was imported once."""

FORKS.set_forkserver_preload(["qkdrp.runs.train", "tests.qkdrp.killed_training"])


def _train(config: TrainConfig, path: Path, last: int, every: float) -> None:
    from qkdrp.runs.train import prepare, train

    heard = list[Epoch]()

    def die(epoch: Epoch) -> None:
        heard.append(epoch)
        if len(heard) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    train(prepare(config), path, die, checkpoint_every=every)


def train_until_killed(config: TrainConfig, path: Path, last: int, every: float = 0.0) -> None:
    """Train in a process that kills itself right after an epoch.

    Args:
        config: The settings.
        path: The run folder.
        last: Number of the epoch; epochs of folds are counted, too.
        every: Seconds between two checkpoints.
    """
    process = FORKS.Process(target=_train, args=(config, path, last, every))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
