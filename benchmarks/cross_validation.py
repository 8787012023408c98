"""Repeated cross-validation of learners on made-up data, many times over."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

Reals = np.ndarray[Any, np.dtype[np.float64]]

PENALTIES = (0.3, 3.0, 30.0, 300.0, 3000.0)
"""Of ridge, where the best of several points is looked for."""


@dataclass(frozen=True)
class Learner:
    """A learner and the data that it learns from.

    Args:
        name: What it is called.
        samples: Rows of a data set.
        genes: Columns of each of two models.
        folds: Folds of one repeat.
        penalty: Of ridge regression; 0 for the mean of the three nearest samples.
        share: Of responders.
    """

    name: str
    samples: int
    genes: int
    folds: int = 5
    penalty: float = 10.0
    share: float = 0.2


LEARNERS = (
    Learner("ridge, 200 samples, 20 genes", 200, 20),
    Learner("ridge, 600 samples, 60 genes", 600, 60, share=0.1),
    Learner("ridge that overfits, 150 samples, 100 genes", 150, 100, penalty=1.0),
    Learner("3 nearest neighbours, 200 samples, 5 genes", 200, 5, penalty=0.0),
    Learner("ridge, 200 samples, 20 genes, 3 folds", 200, 20, folds=3),
    Learner("ridge, 200 samples, 20 genes, 10 folds", 200, 20, folds=10),
)


@dataclass(frozen=True, eq=False)
class Repeated:
    """Scores on held-out folds, shape (n_trials, n_repeats, n_folds, n_models)."""

    auc: Reals
    mse: Reals


def simulate(learner: Learner, trials: int, repeats: int = 10, *, points: bool = False) -> Repeated:
    """Cross-validate on many data sets.

    Two models learn in the same way, each from genes of its own that tell equally much. So their
    expected scores are the same, and every difference that a test finds is an error.

    Args:
        learner: How, and from what.
        trials: Data sets.
        repeats: Drawings of the folds for each.
        points: Whether the models are ridge at several penalties on the same genes instead.
    """
    count = len(PENALTIES) if points else 2
    scores = np.empty((2, trials, repeats, learner.folds, count))
    for trial in range(trials):
        rng = np.random.default_rng([trial, learner.samples, learner.genes])
        genes = rng.normal(size=(2, learner.samples, learner.genes))
        weights = np.arange(learner.genes) < max(learner.genes // 4, 1)
        signal = genes.sum(axis=0) @ weights / np.sqrt(2 * weights.sum())
        label = signal + rng.normal(size=learner.samples)
        responder = rankdata(label) <= learner.share * learner.samples
        models = [(genes[0], each) for each in PENALTIES]
        if not points:
            models = [(each, learner.penalty) for each in genes]
        for repeat in range(repeats):
            fold = _folds(responder, learner.folds, rng)
            for number in range(learner.folds):
                held = fold == number
                for place, (each, penalty) in enumerate(models):
                    guess = _predict(each, label, held, penalty)
                    scores[:, trial, repeat, number, place] = (
                        _auc(responder[held], -guess),
                        np.mean((guess - label[held]) ** 2),
                    )
    return Repeated(scores[0], scores[1])


def _folds(responder: Reals, folds: int, rng: np.random.Generator) -> Reals:
    """Return the fold of each sample, classes spread evenly."""
    order = rng.permutation(len(responder))
    order = order[np.argsort(responder[order], kind="stable")]
    fold = np.empty(len(responder), dtype=int)
    fold[order] = np.arange(len(responder)) % folds
    return fold


def _predict(genes: Reals, label: Reals, held: Reals, penalty: float) -> Reals:
    known, mean = genes[~held], label[~held].mean()
    if penalty:
        gram = known.T @ known + penalty * np.eye(genes.shape[1])
        return mean + genes[held] @ np.linalg.solve(gram, known.T @ (label[~held] - mean))
    distance = ((genes[held, None] - known) ** 2).sum(axis=2)
    return label[~held][np.argpartition(distance, 3, axis=1)[:, :3]].mean(axis=1)


def _auc(responder: Reals, score: Reals) -> float:
    n = int(responder.sum())
    return (rankdata(score)[responder].sum() - n * (n + 1) / 2) / (n * (len(score) - n))
