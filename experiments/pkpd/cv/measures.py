"""What is measured of a trained model beside predictions: size, epochs, time, training error."""

from collections.abc import Callable
from time import perf_counter

import numpy as np
import torch
from torch import nn

from qkdrp.backends.qnn.layer import QuantumLayer
from qkdrp.common.settings import Settings
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.epoch import Fit
from qkdrp.training.loop import predict
from qkdrp.training.rows import Rows
from qkdrp.training.system import AnySystem, Values

CLOSE = 1.05
"""A training has converged in the first epoch whose validation loss is within this of its best."""

REPEATS = 3
"""Times that predictions are timed; the shortest counts."""

ENDPOINTS = {"PK": CONCENTRATION, "PD": BIOMARKER}
"""Endpoints by what reports call them."""


class Measures(Settings):
    """What was measured of a trained model.

    Args:
        n_parameters: Trainable numbers.
        n_quantum: Of them, angles of circuits.
        epochs: Epochs that were trained.
        converged: The first epoch whose validation loss is within 5% of the smallest; None where
            nothing was watched.
        inference_seconds: Time to predict 1,000 observations of training subjects, one thread.
        train_errors: Scaled RMSE of the observations of active training subjects, by endpoint.
    """

    n_parameters: int
    n_quantum: int
    epochs: int
    converged: int | None
    inference_seconds: float
    train_errors: dict[str, float]


def measures_of(
    model: nn.Module, fit: Fit, system: AnySystem, preprocessor: Preprocessor, train: Trial
) -> Measures:
    """Return the measures of a trained model whose backend is open.

    Args:
        model: The model.
        fit: The course of its training.
        system: Of the model.
        preprocessor: Fitted on the training subjects.
        train: The training subjects.
    """
    rows = system.rows(preprocessor, train)
    seconds, values = _timed(model, rows)
    table = system.predictions(preprocessor, train, "train", values.double().numpy())
    active = table[(table["dose"] > 0) & table["measured"].notna()]
    errors = ((active["prediction"] - active["measured"]) / active["scale"]) ** 2
    trained = [each for each in model.parameters() if each.requires_grad]
    circuits = [each for each in model.modules() if isinstance(each, QuantumLayer)]
    angles = {id(weights) for layer in circuits for weights in layer.parameters()}
    return Measures(
        n_parameters=sum(each.numel() for each in trained),
        n_quantum=sum(each.numel() for each in trained if id(each) in angles),
        epochs=len(fit.epochs),
        converged=converged_epoch(fit),
        inference_seconds=1000 * seconds / len(table),
        train_errors={
            name: float(np.sqrt(errors[active["endpoint"] == endpoint].mean()))
            for name, endpoint in ENDPOINTS.items()
        },
    )


def _timed(model: nn.Module, rows: Rows) -> tuple[float, torch.Tensor]:
    """Return the shortest time of a prediction, and the prediction."""
    inputs, _ = rows.batch(slice(None))
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        with torch.no_grad():
            values = predict(model, *inputs)
        seconds.append(perf_counter() - start)
    return min(seconds), values


def converged_epoch(fit: Fit) -> int | None:
    """Return the first epoch close to the smallest validation loss; None without validation."""
    losses = {
        each.epoch: each.validation_loss for each in fit.epochs if each.validation_loss is not None
    }
    if not losses:
        return None
    return next(epoch for epoch, loss in losses.items() if loss <= CLOSE * min(losses.values()))


def with_dropout(passes: int, seed: int) -> Callable[[nn.Module, Rows], Values]:
    """Return what predicts with dropout, and takes the mean of several passes.

    Networks predict as they do in training: routers of mixtures of experts have their noise, too.

    Args:
        passes: Their number.
        seed: Of what is dropped.
    """

    def predicted(model: nn.Module, rows: Rows) -> Values:
        inputs, _ = rows.batch(slice(None))
        model.train()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            found = torch.stack([model(*inputs) for _ in range(passes)]).double().mean(dim=0)
        model.eval()
        return found.numpy()

    return predicted
