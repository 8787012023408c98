"""The fit loop of every system: batches, validation, early stopping, checkpoints."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from qkdrp.common.errors import ConfigError
from qkdrp.common.stop_signals import held_back, let_through
from qkdrp.nn.trace import trace_of
from qkdrp.training.checkpoint import Checkpoint
from qkdrp.training.config import CPU, FitConfig
from qkdrp.training.device import find_device
from qkdrp.training.early_stopping import EarlyStopping
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.optimiser import optimiser_of
from qkdrp.training.rows import Indices, Rows
from qkdrp.training.state import TrainingState
from qkdrp.training.task import FitTask

__all__ = ["SHOWN_LOSS", "Epoch", "Fit", "fit_model", "predict", "train_step"]

SHOWN_LOSS = "shown_loss"
"""Name of the loss of rows that decide nothing, among the metrics of an epoch."""

OnEpoch = Callable[[Epoch], None]


OnStep = Callable[[int, int], None]
"""Called after every batch with how many of the epoch are done and how many there are."""


def _ignore(*_: object) -> None:
    """Take no notice."""


@dataclass(frozen=True, eq=False)
class _Training:
    """What a training works with.

    Args:
        train: Rows to fit.
        validation: Rows to watch.
        shown: Rows whose loss is recorded and decides nothing.
        config: Epochs, batch size, learning rate, patience.
        task: Loss and scores.
        state: What changes meanwhile.
        checkpoint: Saves the state now and then.
        on_step: Called after every batch.
    """

    train: Rows
    validation: Rows | None
    shown: Rows | None
    config: FitConfig
    task: FitTask
    state: TrainingState
    checkpoint: Checkpoint | None
    on_step: OnStep


def fit_model(
    model: nn.Module,
    train: Rows,
    validation: Rows | None,
    config: FitConfig,
    seed: int,
    *,
    task: FitTask,
    on_epoch: OnEpoch = _ignore,
    keep_interrupted: bool = False,
    checkpoint: Checkpoint | None = None,
    on_step: OnStep = _ignore,
    shown: Rows | None = None,
) -> Fit:
    """Train a model in place; it ends with the weights of the best epoch, or of the last.

    The best epoch has the best value of the task's monitored score, and training stops when that
    has not improved for ``config.patience`` epochs. Where the score is missing, the last epoch
    counts. A last batch of a single row is dropped, since batch normalisation needs two.

    Args:
        model: The model to train, called with the inputs of rows.
        train: Rows to fit.
        validation: Rows to watch.
        config: Epochs, batch size, learning rate, patience, device. The model is back in the
            processor's memory afterwards.
        seed: Of the shuffling.
        task: Loss, parameter groups and scores of the system.
        on_epoch: Called after every epoch, and for the earlier ones of a resumed training.
        keep_interrupted: Whether Ctrl-C ends training early with the best epoch so far, rather
            than raise.
        checkpoint: Where the training is saved now and then, and from where it goes on.
        on_step: Called after every batch.
        shown: Rows whose loss is recorded as :data:`SHOWN_LOSS`, and decides nothing.

    Raises:
        KeyboardInterrupt: On Ctrl-C, unless that is kept.
        ConfigError: If there are fewer than two training rows, the task refuses the validation
            rows, or weights stop being finite.
        RunError: If the checkpoint is damaged or of another training.
    """
    _check(train, validation, task)
    device = find_device(config.device)
    train, model = train.to(device), model.to(device)
    state = _fresh_state(model, config, task, seed)
    training = _Training(train, validation, shown, config, task, state, checkpoint, on_step)
    fit = Fit(state.epochs)
    try:
        with let_through():
            _run(training, on_epoch)
    except KeyboardInterrupt:
        if not keep_interrupted:
            raise
        fit.interrupted = True
    finally:
        model.to(CPU)
    fit.best_epoch = _end(state, config)
    return fit


def _end(state: TrainingState, config: FitConfig) -> int:
    """Give the model the weights that it ends with; return their epoch."""
    if config.keeps_last:
        return len(state.epochs)
    state.stopping.restore_best(state.model)
    return state.stopping.best_epoch


def _fresh_state(model: nn.Module, config: FitConfig, task: FitTask, seed: int) -> TrainingState:
    return TrainingState(
        model,
        optimiser_of(model, task, config),
        EarlyStopping(task.monitor, config.patience),
        torch.Generator().manual_seed(seed),
    )


def _check(train: Rows, validation: Rows | None, task: FitTask) -> None:
    if len(train) < 2:
        raise ConfigError(f"Found {len(train)} training samples, expected at least 2.")
    if validation is not None:
        task.check_validation(validation)


def _run(training: _Training, on_epoch: OnEpoch) -> None:
    """Train until the last epoch, or until early stopping."""
    state = training.state
    _begin(training, on_epoch)
    while not _is_over(training):
        epoch = _run_epoch(training)
        if training.checkpoint is not None:
            training.checkpoint.after_epoch(state)
        on_epoch(epoch)


def _is_over(training: _Training) -> bool:
    done, config, n_rows = len(training.state.epochs), training.config, len(training.train)
    if done < config.least_epochs(n_rows):
        return False
    return done >= config.most_epochs(n_rows) or training.state.stopping.is_over(done)


def _begin(training: _Training, on_epoch: OnEpoch) -> None:
    """Go on from the checkpoint, or prepare a fresh model."""
    state = training.state
    with held_back():
        resumed = training.checkpoint is not None and training.checkpoint.resume(state)
    if not resumed:
        training.task.before_training(state.model, training.train, training.config)
    for epoch in list(state.epochs):
        on_epoch(epoch)


def _run_epoch(training: _Training) -> Epoch:
    """Train and validate for one epoch, or for what is left of it, and record it."""
    state, number = training.state, len(training.state.epochs) + 1
    train_loss = _train_epoch(training)
    validation_loss, metrics = _validate(training)
    if training.shown is not None:
        shown_loss, _ = _score(training, training.shown)
        metrics = {**metrics, SHOWN_LOSS: shown_loss}
    _check_finite(state.model, validation_loss, f"epoch {number}, rate {training.config.lr:g}")
    trace = dict(trace_of(state.model))
    epoch = Epoch(number, train_loss, validation_loss, metrics, trace, state.seconds)
    with held_back():  # an epoch counts with its weights, or not at all
        state.epochs.append(epoch)
        state.stopping.record(epoch, state.model)
        state.progress = None
    return epoch


def _train_epoch(training: _Training) -> float:
    """Return the mean loss over the batches of an epoch, as seen while training."""
    state, rows = training.state, training.train
    progress = state.start_epoch(len(rows))
    state.model.train()
    batches = progress.order.split(training.config.batch_size)
    for batch in batches[progress.n_batches :]:
        if len(batch) > 1:
            loss = train_step(state.model, rows, batch, state.optimiser, training.task)
            progress.add(loss, len(batch))
        progress.n_batches += 1
        if training.checkpoint is not None:
            training.checkpoint.after_batch(state)
        training.on_step(progress.n_batches, len(batches))
    return progress.total / progress.n_seen


def train_step(
    model: nn.Module,
    rows: Rows,
    batch: Indices,
    optimiser: torch.optim.Optimizer,
    task: FitTask,
) -> float:
    """Take one step of gradient descent and return the loss before it.

    Args:
        model: The model to train, in training mode.
        rows: Training rows.
        batch: Numbers of the rows to learn from, shape (n_batch,), int64.
        optimiser: Of the model's parameters.
        task: Gives the loss.
    """
    inputs, target = rows.batch(batch)
    loss = task.loss(model(*inputs), target)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def _validate(training: _Training) -> tuple[float | None, Mapping[str, float | None]]:
    """Return the validation loss and the task's scores; None and nothing without rows."""
    return (None, {}) if training.validation is None else _score(training, training.validation)


def _score(training: _Training, rows: Rows) -> tuple[float, Mapping[str, float | None]]:
    """Return the loss of some rows and the task's scores."""
    inputs, target = rows.batch(slice(None))
    prediction = predict(training.task.watched(training.state.model), *inputs)
    loss = training.task.loss(prediction, target).item()
    if not math.isfinite(loss):
        return loss, {}
    return loss, dict(training.task.measure(prediction, rows))


def _check_finite(model: nn.Module, loss: float | None, where: str) -> None:
    finite = all(weights.isfinite().all() for weights in model.parameters())
    if not finite or (loss is not None and not math.isfinite(loss)):
        raise ConfigError(
            f"Weights or loss are no longer finite ({where}): lower the learning rate."
        )


@torch.no_grad()
def predict(model: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
    """Return predictions in evaluation mode, in the processor's memory, row by row.

    Args:
        model: On any device.
        *inputs: What it is called with, on any device.
    """
    model.eval()
    device = next((weights.device for weights in model.parameters()), torch.device(CPU))
    prediction: torch.Tensor = model(*(part.to(device) for part in inputs))
    return prediction.to(CPU)
