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
            losses = _losses(subject, features, order)
            growth[block.start : block.stop] += (losses - before).numpy()
            on_progress(repeat * len(named) + block.stop, repeats * len(named))
    return mean_importance(growth / repeats)


def _losses(subject: Explained, features: list[Feature], order: torch.Tensor) -> torch.Tensor:
    """Return row losses with each of some features permuted, shape (n_features, n_rows)."""
    n_rows = len(subject)
    copies = [tensor.repeat(len(features), *[1] * (tensor.ndim - 1)) for tensor in subject.inputs]
    for number, feature in enumerate(features):
        rows = slice(number * n_rows, (number + 1) * n_rows)
        shuffled = subject.inputs[feature.tensor][order]
        target = copies[feature.tensor][rows]
        if feature.columns:
            columns = list(feature.columns)
            target[:, columns] = shuffled[:, columns]
        else:
            target[:] = shuffled
    predictions = predict(subject.model, *copies)
    return torch.stack([subject.row_losses(each) for each in predictions.split(n_rows)])
