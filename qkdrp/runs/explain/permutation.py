"""Importance by permutation: how much the loss grows where a feature is another row's.

Breiman (Machine Learning 45, 2001). All features share the permutations of the rows, so that their
differences are not those of the draws.
"""

import numpy as np
import torch

from qkdrp.runs.explain.importance import Importance, mean_importance
from qkdrp.runs.explain.subject import Explained, Progress
from qkdrp.training.features import Feature
from qkdrp.training.loop import predict

MOST_ROWS = 4096
"""Rows that go through the model at once."""


def permutation_importance(
    subject: Explained, repeats: int, seed: int, on_progress: Progress
) -> Importance:
    """Return the mean growth of the loss where a feature is permuted among the rows.

    Args:
        subject: The model and rows.
        repeats: Permutations of the rows, the same for all features.
        seed: Of the permutations.
        on_progress: Called after every few features.
    """
    rng = np.random.default_rng(seed)
    n_rows, named = len(subject), subject.features.named
    before = subject.row_losses(predict(subject.model, *subject.inputs))
    growth = np.zeros((len(named), n_rows))
    at_once = max(1, MOST_ROWS // n_rows)
    blocks = [
        range(start, min(start + at_once, len(named))) for start in range(0, len(named), at_once)
    ]
    for repeat in range(repeats):
        order = torch.as_tensor(rng.permutation(n_rows))
        for block in blocks:
            features = [named[number] for number in block]
            losses = _losses(subject, features, order, before)
            growth[block.start : block.stop] += (losses - before).numpy()
            on_progress(repeat * len(named) + block.stop, repeats * len(named))
    return mean_importance(growth / repeats)


def _losses(
    subject: Explained, features: list[Feature], order: torch.Tensor, before: torch.Tensor
) -> torch.Tensor:
    """Return row losses with each of some features permuted, shape (n_features, n_rows).

    Rows whose values stay the same, as most do of a column that is mostly 0, keep their loss.
    """
    moved = [_moved(subject, feature, order) for feature in features]
    losses = before.repeat(len(features), 1)
    changed = torch.stack(moved)
    if not changed.any():
        return losses
    number, row = changed.nonzero(as_tuple=True)
    copies = [tensor[row] for tensor in subject.inputs]
    for place, feature in enumerate(features):
        _permute(subject, feature, order, copies, number == place, row)
    prediction = predict(subject.model, *copies)
    losses[number, row] = subject.row_losses(prediction, row)
    return losses


def _moved(subject: Explained, feature: Feature, order: torch.Tensor) -> torch.Tensor:
    """Return which rows a permutation changes, shape (n_rows,)."""
    changed = torch.zeros(len(subject), dtype=torch.bool)
    for number in (feature.tensor, *feature.along):
        tensor = subject.inputs[number]
        if feature.columns and number == feature.tensor:
            tensor = tensor[:, list(feature.columns)]
        changed |= (
            (tensor != tensor[order]).flatten(1).any(1)
            if tensor.ndim > 1
            else (tensor != tensor[order])
        )
    return changed


def _permute(
    subject: Explained,
    feature: Feature,
    order: torch.Tensor,
    copies: list[torch.Tensor],
    mine: torch.Tensor,
    row: torch.Tensor,
) -> None:
    """Give the copies that are of one feature the values of other rows.

    Args:
        subject: The model and rows.
        feature: The feature.
        order: Whose values each row gets.
        copies: Of the inputs, changed in place.
        mine: Which copies are of the feature.
        row: The row that each copy is of.
    """
    donors = order[row[mine]]
    for number in (feature.tensor, *feature.along):
        values = subject.inputs[number][donors]
        if feature.columns and number == feature.tensor:
            columns = list(feature.columns)
            kept = copies[number][mine]
            kept[:, columns] = values[:, columns]
            values = kept
        copies[number][mine] = values
