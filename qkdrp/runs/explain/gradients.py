"""Importance by integrated gradients: what a feature adds on the way from a reference row.

Sundararajan, Taly and Yan (ICML 2017): the gradient of the prediction, integrated along the
straight line from the reference to a row, times the difference. All attributions of a row add up to
``f(row) - f(reference)``. Gradients through circuits are those of the backend; the exact ones of
the exact engine leave only the error of the quadrature.
"""

from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients
from numpy.typing import NDArray

from qkdrp.common.errors import ConfigError
from qkdrp.runs.explain.importance import GRADIENTS, LEAST, Importance, Reals, mean_importance
from qkdrp.runs.explain.subject import Explained, Progress
from qkdrp.training.features import Feature
from qkdrp.training.loop import predict

MOST_ROWS = 4096
"""Points of all lines that go through the model at once."""

ROWS_AT_ONCE = 16
"""Rows between two reports of progress."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """What integrated gradients say of features.

    Args:
        importance: Mean size of a feature's attributions; NaN for features of inputs that have no
            gradient, such as numbers of molecules.
        slope: Change of the prediction per unit of the model's input, by least squares over the
            rows, shape (n_features,); NaN for features of several columns, models of several
            outputs, and features that no row has another value of than the reference.
        gap: Largest difference between ``f(row) - f(reference)`` and the sum of attributions.
    """

    importance: Importance
    slope: Reals
    gap: float


def integrated_gradients(subject: Explained, steps: int, on_progress: Progress) -> Gradients:
    """Return importance by integrated gradients.

    Args:
        subject: The model and rows.
        steps: Points of the Gauss-Legendre quadrature on each line.
        on_progress: Called after every few rows.

    Raises:
        ConfigError: If no input has a gradient.
    """
    smooth = [number for number, each in enumerate(subject.inputs) if each.is_floating_point()]
    if not smooth:
        raise ConfigError("Found no input with a gradient, expected one of real numbers.")
    attributions = attribute(subject, smooth, steps, on_progress)
    named, of_input = subject.features.named, dict(zip(smooth, attributions, strict=True))
    shares = np.full((len(named), len(subject)), np.nan)
    slope = np.full(len(named), np.nan)
    for number, feature in enumerate(named):
        if feature.tensor in of_input:
            of_outputs = _columns(of_input[feature.tensor], feature)
            shares[number] = np.abs(of_outputs).mean(axis=0)
            if len(of_outputs) == 1 and len(feature.columns) == 1:
                slope[number] = _slope(subject, feature, of_outputs[0])
    return Gradients(mean_importance(shares, LEAST[GRADIENTS]), slope, _gap(subject, attributions))


def attribute(
    subject: Explained, smooth: list[int], steps: int, on_progress: Progress
) -> list[torch.Tensor]:
    """Return attributions of inputs, each of shape (n_outputs, n_rows, ...).

    Args:
        subject: The model and rows.
        smooth: Numbers of the inputs that have a gradient.
        steps: Points on each line.
        on_progress: Called after every few rows.
    """
    others = [number for number in range(len(subject.inputs)) if number not in smooth]
    order = np.argsort([*smooth, *others])
    model = subject.model.eval()
    method = IntegratedGradients(lambda *given: model(*(given[place] for place in order)))
    outputs = predict(model, *(tensor[:1] for tensor in subject.inputs))
    targets = [None] if outputs.ndim == 1 else list(range(outputs.shape[1]))
    reference = tuple(subject.features.reference[number] for number in smooth)
    parts = list[list[torch.Tensor]]()
    for start in range(0, len(subject), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        inputs = tuple(subject.inputs[number][rows].detach().requires_grad_() for number in smooth)
        found = [
            method.attribute(
                inputs,
                reference,
                target=target,
                additional_forward_args=tuple(subject.inputs[number][rows] for number in others)
                or None,
                n_steps=steps,
                internal_batch_size=max(MOST_ROWS, len(inputs[0])),
            )
            for target in targets
        ]
        parts.append([torch.stack(each).detach() for each in zip(*found, strict=True)])
        on_progress(min(rows.stop, len(subject)), len(subject))
    return [torch.cat(each, dim=1) for each in zip(*parts, strict=True)]


def _columns(attributions: torch.Tensor, feature: Feature) -> NDArray[np.float64]:
    """Return the sum over a feature's columns, shape (n_outputs, n_rows)."""
    picked = attributions[:, :, list(feature.columns)] if feature.columns else attributions
    return np.asarray(picked.flatten(2).sum(-1) if picked.ndim > 2 else picked, dtype=np.float64)


def _slope(subject: Explained, feature: Feature, attributions: Reals) -> float:
    """Return the slope of attributions against the input, through the reference."""
    column, number = feature.columns[0], feature.tensor
    reference = subject.features.reference[number]
    moved = (subject.inputs[number] - reference)[:, column].double().numpy()
    if moved.ndim > 1:
        return float("nan")
    square = float(moved @ moved)
    return float(attributions @ moved) / square if square > 0 else float("nan")


def _gap(subject: Explained, attributions: list[torch.Tensor]) -> float:
    """Return how far attributions are from adding up to the change of the prediction."""
    model = subject.model
    there = predict(model, *subject.inputs)
    at_reference = tuple(
        subject.features.reference[number].expand_as(tensor)
        if tensor.is_floating_point()
        else tensor
        for number, tensor in enumerate(subject.inputs)
    )
    change = there - predict(model, *at_reference)
    total = sum(each.flatten(2).sum(-1) if each.ndim > 2 else each for each in attributions)
    assert isinstance(total, torch.Tensor)
    return float((total.T - change.reshape(len(subject), -1)).abs().max())
