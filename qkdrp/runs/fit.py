"""Training a prepared model, without a run folder."""

from collections.abc import Callable

from torch import nn

from qkdrp.backends import Backend
from qkdrp.common.errors import DataError
from qkdrp.common.seeds import derive_seed
from qkdrp.runs.prepare import Prepared
from qkdrp.training.checkpoint import Checkpoint
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.loop import OnStep, fit_model
from qkdrp.training.task import OnPreparing, untold


def fit_prepared(
    prepared: Prepared,
    backend: Backend,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    keep_interrupted: bool = False,
    checkpoint: Checkpoint | None = None,
    on_step: OnStep = lambda _done, _total: None,
    on_preparing: OnPreparing = untold,
) -> tuple[nn.Module, Fit]:
    """Return the trained model and the course of its training.

    Args:
        prepared: What to train.
        backend: Where circuits run.
        on_epoch: Called after every epoch.
        keep_interrupted: Whether Ctrl-C ends training early with the best epoch so far, rather
            than raise. Before the first epoch ends, it is raised.
        checkpoint: Where the training is saved now and then, and from where it goes on.
        on_step: Called after every batch with how many of the epoch are done, and their number.
        on_preparing: Called with the name of what begins before the first epoch.

    Raises:
        ConfigError: If training diverges.
        DataError: If there are no training rows.
        KeyboardInterrupt: On Ctrl-C, unless that is kept.
    """
    system, config = prepared.system, prepared.config
    train = prepared.rows("train")
    if train is None:
        raise DataError("Found no training row, expected at least two.")
    seed = derive_seed(config.seed, "weights")
    model = system.build(config, prepared.preprocessor, backend, seed)
    fit = fit_model(
        model,
        train,
        prepared.rows("validation"),
        config.fit,
        derive_seed(config.seed, "shuffle"),
        task=system.fit_task(config),
        on_epoch=on_epoch,
        keep_interrupted=keep_interrupted,
        checkpoint=checkpoint,
        on_step=on_step,
        on_preparing=on_preparing,
        shown=prepared.rows("test") if system.shows_test(config) else None,
    )
    if not fit.epochs:
        raise KeyboardInterrupt
    return model, fit
