"""Evaluation of a trained model in a cell: scores, contrast and shifts under noise and shots."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.noise.levels import values_of
from qkdrp.backends.noise.readout import draw
from qkdrp.common.settings import Settings
from qkdrp.experiments.noise.cells import Cell
from qkdrp.experiments.noise.layer import Layer, Reals
from qkdrp.systems.response.scores import point_scores


class Scores(Settings):
    """Scores on held-out rows; None where one is not defined.

    Args:
        auc: Label 1 = responder, score = -prediction, never flipped.
        spearman: Rank correlation of prediction and measured label.
        mse: Mean squared error, in units of the normalised label.
    """

    auc: float | None
    spearman: float | None
    mse: float


SCORES = tuple(Scores.model_fields)


class CellResult(Settings):
    """What a model came to in a cell, mean over repetitions where there are shots.

    Args:
        cell: The cell.
        repetitions: Evaluations, each with new shots; 1 with infinitely many.
        mean: Scores.
        sd: Standard deviation of scores over repetitions; None for fewer than two.
        contrast: Spread of the outputs over the rows against the noiseless ones, before shots:
            root of the ratio of their variances, summed over outputs.
        contrast_error: Its standard error, where it was measured with shots.
        standard_error: Of an expectation value because of shots, as measured over repetitions:
            root mean square over rows and outputs; None for fewer than two.
        value_shift: Largest change of an expectation value against the noiseless one, before shots.
        prediction_shift: Root mean square change of predictions against the noiseless ones.
        gradient_initial: Length of the loss's gradient by the circuit's weights before training.
        snr_initial: That over its standard error because of shots; None without shots.
        gradient_final: As ``gradient_initial``, after training.
        snr_final: As ``snr_initial``, after training.
    """

    cell: Cell
    repetitions: int
    mean: Scores
    sd: Scores | None
    contrast: float | None
    contrast_error: float | None = None
    standard_error: float | None
    value_shift: float
    prediction_shift: float
    gradient_initial: float | None = None
    snr_initial: float | None = None
    gradient_final: float | None = None
    snr_final: float | None = None


def score_values(layer: Layer, values: Reals, label: Reals, responder: NDArray[np.bool_]) -> Scores:
    """Score a model whose circuit gave some expectation values.

    Args:
        layer: The model's circuit and head.
        values: Shape (n_samples, n_outputs).
        label: Measured normalised label, shape (n_samples,).
        responder: Shape (n_samples,).
    """
    found = point_scores(label, responder, layer.predict(values))
    return Scores(**found._asdict())


def generator_of(key: str, cell: Cell) -> np.random.Generator:
    """Return the generator of a cell's shots: independent of those of other cells and models.

    Args:
        key: Of the task, hexadecimal: models of the same fold share their seed, but no shots.
        cell: The cell.
    """
    return np.random.default_rng([int(key, 16), cell.checksum])


def drawn_values(
    shares: Reals, worth: Reals, shots: int, repetitions: int, rng: np.random.Generator
) -> Reals:
    """Return expectation values as repeated evaluations find them.

    Args:
        shares: Distributions of what is read, shape (n_samples, n_bases, n_strings).
        worth: What of each output each string is worth, shape (n_bases, n_strings, n_outputs).
        shots: Of each evaluation; 0 for infinitely many, which are evaluated once.
        repetitions: Evaluations, each with new shots.
        rng: Where the shots come from.

    Returns:
        Shape (n_repetitions, n_samples, n_outputs).
    """
    if not shots:
        return values_of(shares, worth)[np.newaxis]
    return np.array([values_of(draw(shares, shots, rng), worth) for _ in range(repetitions)])


def evaluate_cell(
    cell: Cell,
    layer: Layer,
    exact: Reals,
    shares: Reals,
    worth: Reals,
    label: Reals,
    responder: NDArray[np.bool_],
    repetitions: int,
    rng: np.random.Generator,
) -> CellResult:
    """Evaluate a trained model in one cell.

    Args:
        cell: The cell.
        layer: The model's circuit on held-out rows, and its head.
        exact: Noiseless expectation values, shape (n_samples, n_outputs).
        shares: Distributions of what is read at the cell's level, shape
            (n_samples, n_bases, n_strings).
        worth: What of each output each string is worth, shape (n_bases, n_strings, n_outputs).
        label: Measured normalised label, shape (n_samples,).
        responder: Shape (n_samples,).
        repetitions: Evaluations where there are shots.
        rng: Where the shots come from.
    """
    values = drawn_values(shares, worth, cell.shots, repetitions, rng)
    limit = values_of(shares, worth)
    scores = [score_values(layer, each, label, responder) for each in values]
    shift = layer.predict(values) - layer.predict(exact)
    several = len(values) > 1
    error = float(np.sqrt(values.var(axis=0, ddof=1).mean())) if several else None
    return CellResult(
        cell=cell,
        repetitions=len(values),
        mean=Scores(**{name: _over(np.mean, scores, name) for name in SCORES}),
        sd=Scores(**{name: _over(_sd, scores, name) for name in SCORES}) if several else None,
        contrast=contrast(limit, exact),
        standard_error=error if cell.shots else 0.0,
        value_shift=float(np.abs(limit - exact).max()),
        prediction_shift=float(np.sqrt(np.mean(shift**2))),
    )


def contrast(values: Reals, exact: Reals) -> float | None:
    """Return the spread of outputs over samples against that of noiseless ones.

    Args:
        values: Expectation values before shots, shape (n_samples, n_outputs).
        exact: Noiseless ones, same shape.

    Returns:
        Root of the ratio of variances, summed over outputs; None where there is no spread.
    """
    there = float(exact.var(axis=0).sum())
    return float(np.sqrt(values.var(axis=0).sum() / there)) if there > 0.0 else None


def drawn_contrast(values: Reals, errors: Reals, exact: Reals) -> tuple[float, float] | None:
    """Return the contrast of outputs that shots were drawn for, and its standard error.

    Shots add a spread of their own, so this is the slope of the outputs against the noiseless
    ones, which shots leave right on average. It is the ratio of spreads where noise shrinks outputs
    towards a point.

    Args:
        values: Expectation values, shape (n_samples, n_outputs).
        errors: Their standard errors, same shape.
        exact: Noiseless values, same shape.

    Returns:
        None where the noiseless values have no spread.
    """
    centred = exact - exact.mean(axis=0)
    there = float((centred**2).sum())
    if there == 0.0:
        return None
    slope = float((values * centred).sum()) / there
    return slope, float(np.sqrt((errors**2 * centred**2).sum())) / there


def _sd(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1))


def _over(
    statistic: Callable[[Sequence[float]], float], scores: Sequence[Scores], name: str
) -> float | None:
    values = [getattr(each, name) for each in scores]
    return None if None in values else float(statistic(values))
