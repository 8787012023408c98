"""The fit loop: Adam on the mean squared error, early stopping on the validation AUC."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qkdrp.common.errors import ConfigError
from qkdrp.common.stop_signals import held_back, let_through
from qkdrp.nn.hybrid import HybridModel
from qkdrp.nn.normalisation import ModeratedTanh
from qkdrp.systems.response.config import FitConfig
from qkdrp.systems.response.scores import responder_auc


@dataclass(frozen=True, eq=False)
class LabelledGenes:
    """Rows to train or validate on, in memory as tensors.

    Args:
        genes: Shape (n_samples, n_genes), float32.
        label: Normalised label, shape (n_samples,), float32.
        responder: Shape (n_samples,); None where no AUC is asked for.
    """

    genes: torch.Tensor
    label: torch.Tensor
    responder: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to.

    Args:
        epoch: Number, from 1.
        train_loss: Mean squared error over the epoch's batches, as seen while training.
        validation_loss: Mean squared error after the epoch; None without validation rows.
        validation_auc: AUC after the epoch; None without responder flags.
        a: Input scale after the epoch; None for models without one.
        r: Output range after the epoch, radians; None for models without one.
        seconds: Since training began.
    """

    epoch: int
    train_loss: float
    validation_loss: float | None
    validation_auc: float | None
    a: float | None
    r: float | None
    seconds: float


@dataclass
class Fit:
    """The course of a training.

    Args:
        epochs: One record per finished epoch.
        best_epoch: The epoch whose weights the model holds; 0 before the first.
        interrupted: Whether the user stopped it.
    """

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    interrupted: bool = False


def fit_model(
    model: HybridModel,
    train: LabelledGenes,
    validation: LabelledGenes | None,
    config: FitConfig,
    seed: int,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    keep_interrupted: bool = False,
) -> Fit:
    """Train a model in place; it ends with the weights of the best epoch.

    With responder flags for validation, the best epoch has the highest validation AUC, and
    training stops when that has not risen for ``config.patience`` epochs; otherwise the last
    epoch counts. A last batch of a single sample is dropped, since batch normalisation needs two.

    Before the first step, the bias of a linear head is set so that the mean prediction is the mean
    label (``config.centre_head``): a fresh circuit's outputs have a random mean, and stopping on an
    AUC, which is blind to it, would often leave it in.

    Args:
        model: The model to train.
        train: Rows to fit.
        validation: Rows to watch.
        config: Epochs, batch size, learning rate, patience.
        seed: Of the shuffling.
        on_epoch: Called after every epoch.
        keep_interrupted: Whether Ctrl-C ends training early with the best epoch so far, rather
            than raise.

    Raises:
        KeyboardInterrupt: On Ctrl-C, unless that is kept.
        ConfigError: If there are fewer than two training rows, the validation rows are of one
            class, or weights stop being finite.
    """
    _check_rows(train, validation)
    optimiser = optimiser_of(model, config)
    generator = torch.Generator().manual_seed(seed)
    fit, best_auc, best_weights = Fit(), -math.inf, None
    start = perf_counter()
    try:
        with let_through():
            if config.centre_head:
                centre_head(model, train)
            for number in range(1, config.epochs + 1):
                train_loss = _train_epoch(model, train, config.batch_size, optimiser, generator)
                validation_loss, validation_auc = _validate(model, validation)
                _check_finite(model, validation_loss, f"epoch {number}, rate {config.lr:g}")
                epoch = Epoch(
                    number,
                    train_loss,
                    validation_loss,
                    validation_auc,
                    *_a_and_r(model),
                    seconds=perf_counter() - start,
                )
                with held_back():  # an epoch counts with its weights, or not at all
                    fit.epochs.append(epoch)
                    if validation_auc is None:
                        fit.best_epoch = number
                    elif validation_auc > best_auc:
                        weights = copy.deepcopy(model.state_dict())
                        fit.best_epoch, best_auc, best_weights = number, validation_auc, weights
                on_epoch(epoch)
                if 0 < config.patience <= number - fit.best_epoch:
                    break
    except KeyboardInterrupt:
        if not keep_interrupted:
            raise
        fit.interrupted = True
    if best_weights is not None:
        model.load_state_dict(best_weights)
    return fit


def _check_rows(train: LabelledGenes, validation: LabelledGenes | None) -> None:
    if len(train.label) < 2:
        raise ConfigError(f"Found {len(train.label)} training samples, expected at least 2.")
    if validation is not None and validation.responder is not None:
        n_responder = int(validation.responder.sum())
        if n_responder in (0, len(validation.responder)):
            raise ConfigError(
                f"Found {n_responder} responders among {len(validation.responder)} validation "
                "samples, expected both classes: take another split."
            )


def _check_finite(model: HybridModel, loss: float | None, where: str) -> None:
    finite = all(weights.isfinite().all() for weights in model.parameters())
    if not finite or (loss is not None and not math.isfinite(loss)):
        raise ConfigError(
            f"Weights or loss are no longer finite ({where}): lower the learning rate."
        )


def centre_head(model: HybridModel, rows: LabelledGenes) -> None:
    """Set the bias of a linear head so that the mean prediction is the mean label.

    That is in training mode, as the first step will see it, without a trace in the statistics.

    Args:
        model: A fresh model; nothing is done where its head is not linear.
        rows: Training rows.
    """
    if isinstance(model.head, nn.Linear):
        before = copy.deepcopy(model.state_dict())
        model.train()
        with torch.no_grad():
            offset = (rows.label - model(rows.genes)).mean()
            model.load_state_dict(before)
            model.head.bias.add_(offset)


def _train_epoch(
    model: HybridModel,
    rows: LabelledGenes,
    batch_size: int,
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
) -> float:
    model.train()
    total, n_seen = 0.0, 0
    for batch in torch.randperm(len(rows.label), generator=generator).split(batch_size):
        if len(batch) < 2:
            continue
        total += train_step(model, rows, batch, optimiser) * len(batch)
        n_seen += len(batch)
    return total / n_seen


def optimiser_of(model: HybridModel, config: FitConfig) -> torch.optim.Optimizer:
    """Return what trains a model: Adam."""
    return torch.optim.Adam(model.parameters(), lr=config.lr, fused=True)


def train_step(
    model: HybridModel, rows: LabelledGenes, batch: torch.Tensor, optimiser: torch.optim.Optimizer
) -> float:
    """Take one step of gradient descent and return the mean squared error before it.

    Args:
        model: The model to train, in training mode.
        rows: Training rows.
        batch: Numbers of the rows to learn from, shape (n_batch,), int64.
        optimiser: Of the model's parameters.
    """
    loss = nn.functional.mse_loss(model(rows.genes[batch]), rows.label[batch])
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def _validate(model: HybridModel, rows: LabelledGenes | None) -> tuple[float | None, float | None]:
    if rows is None:
        return None, None
    prediction = predict(model, rows.genes)
    loss = nn.functional.mse_loss(prediction, rows.label).item()
    if rows.responder is None or not math.isfinite(loss):
        return loss, None
    return loss, responder_auc(rows.responder, prediction.numpy())


@torch.no_grad()
def predict(model: HybridModel, genes: torch.Tensor) -> torch.Tensor:
    """Return predictions in evaluation mode, shape (n_samples,)."""
    model.eval()
    prediction: torch.Tensor = model(genes)
    return prediction


def _a_and_r(model: HybridModel) -> tuple[float | None, float | None]:
    layer = model.normalisation
    return (layer.a, layer.r) if isinstance(layer, ModeratedTanh) else (None, None)
