"""Figures of the study: errors by model, quantum head against others, subjects one by one."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qkdrp.experiments.pkpd.cv.circuit_comparisons import Comparison, comparisons
from qkdrp.experiments.pkpd.cv.contenders import DOSE_TIME_MEAN, LINEAR, QUANTUM, Variant
from qkdrp.experiments.pkpd.cv.pooled import ALL_DOSES, ENDPOINTS, Pooled
from qkdrp.experiments.pkpd.cv.scores import RMSE_SCALED
from qkdrp.experiments.pkpd.cv.shown import value_of
from qkdrp.experiments.study.panels import COLORS, MARKERS, panels

Drawn = tuple[str, str, Figure]
"""Title, how to read it, figure."""

ERRORS_READING = (
    "Scaled RMSE of all held-out observations, mean over seeds, with its 95% interval over "
    "subjects. The dashed line is the mean of dose and time: a model to the right of it is worse."
)
HEAD_READING = (
    "Scaled RMSE of the quantum head minus that of another model, with its 95% interval over the "
    "same subjects; to the left of 0 the quantum head is better. The grey band is what this "
    "study could not have told from 0 (80% power), by its comparison with the linear head."
)
TWINS_READING = (
    "Scaled RMSE of a network with circuits minus that of its twin, with its 95% interval over the "
    "same subjects; to the left of 0 the circuits help. The grey bar of each is the difference "
    "that it could not have told from 0 (80% power)."
)
SUBJECTS_READING = (
    "Each point is a subject, by its scaled RMSE, a mean over seeds. Below the line the quantum "
    "head has the smaller error."
)
"""How to read the figures."""


def figures(
    found: Mapping[Variant, Pooled], scores: pd.DataFrame, differences: pd.DataFrame
) -> Iterator[Drawn]:
    """Yield the figures of the study.

    Args:
        found: Predictions by variant.
        scores: As :func:`~.scores.scores_frame` returns them.
        differences: As :func:`~.differences.differences_frame` returns them.
    """
    if len(scores):
        yield "Errors by model", ERRORS_READING, _errors(scores)
    against = differences[(differences["left"] == QUANTUM) | (differences["right"] == QUANTUM)]
    if len(against):
        yield "Quantum head against others", HEAD_READING, _against(against)
    twins = [each for each in comparisons(differences) if each.left.contender.family]
    if twins:
        yield "Networks with circuits against twins", TWINS_READING, _twins(twins)
    for told in (False, True):
        pair = Variant(QUANTUM, told), Variant(LINEAR, told)
        if all(each in found for each in pair):
            title = f"Subjects by head{' with PD0' if told else ''}"
            yield title, SUBJECTS_READING, _subjects(*(found[each] for each in pair))


def _errors(scores: pd.DataFrame) -> Figure:
    """Draw the error of each variant with its interval, endpoints side by side."""
    whole = scores[(scores["score"] == RMSE_SCALED) & (scores["dose"] == ALL_DOSES)]
    n = len(whole[["model", "pd0"]].drop_duplicates())
    figure, axes = panels(1, 2, width=5.4, height=0.26 * n + 1.2)
    for axis, endpoint in zip(axes, ENDPOINTS, strict=True):
        rows = whole[whole["endpoint"] == endpoint].iloc[::-1]
        _forest(axis, rows, "value", _labels(rows, "model", "pd0"))
        axis.axvline(
            value_of(scores, Variant(DOSE_TIME_MEAN), endpoint),
            color="0.4", linestyle="--", linewidth=0.8,
        )  # fmt: skip
        axis.set(xlabel=f"{endpoint} RMSE, scaled (95%)")
    return figure


def _forest(axis: Axes, rows: pd.DataFrame, column: str, labels: list[str]) -> None:
    """Draw values with their intervals, one below the other."""
    value = rows[column].to_numpy(float)
    ends = np.abs(rows[["low", "high"]].to_numpy(float).T - value)
    axis.errorbar(value, range(len(rows)), xerr=ends, fmt="o", color=COLORS[0], markersize=4)
    axis.set_yticks(range(len(rows)), labels, fontsize=8)
    axis.grid(axis="y", alpha=0.2)


def _labels(rows: pd.DataFrame, name: str, told: str) -> list[str]:
    return [
        Variant(str(model), bool(pd0)).label
        for model, pd0 in zip(rows[name], rows[told], strict=True)
    ]


def _against(rows: pd.DataFrame) -> Figure:
    """Draw the quantum head minus each other model, endpoints side by side."""
    same = rows[rows["left"] != rows["right"]]
    figure, axes = panels(1, 2, width=5.4, height=0.13 * len(same) + 1.4)
    for axis, endpoint in zip(axes, ENDPOINTS, strict=True):
        own = _quantum_first(same[same["endpoint"] == endpoint]).iloc[::-1]
        labels = [
            f"{right}{', both with PD0' if left_told and right_told else ''}"
            for right, left_told, right_told in zip(
                _labels(own, "right", "none"), own["left_pd0"], own["right_pd0"], strict=True
            )
        ]
        _forest(axis, own, "difference", labels)
        seen = own.loc[own["right"] == LINEAR, "detectable"].max()
        if not pd.isna(seen):
            axis.axvspan(-seen, seen, color="0.9", zorder=0)
        axis.axvline(0.0, color="0.7", linewidth=0.8)
        axis.set(xlabel=f"{endpoint}: quantum head minus other (95%)")
    return figure


def _difference_label(comparison: Comparison) -> str:
    """Return what was subtracted from what."""
    told = ", both with PD0" if comparison.left.told else ""
    return " - ".join(comparison.words) + told


def _twins(found: Sequence[Comparison]) -> Figure:
    """Draw networks with circuits minus their twins, endpoints side by side."""
    figure, axes = panels(1, 2, width=6.4, height=0.13 * len(found) + 1.4)
    for axis, endpoint in zip(axes, ENDPOINTS, strict=True):
        own = [each for each in found if each.endpoint == endpoint][::-1]
        rows = pd.DataFrame(
            [(each.found.value, each.found.low, each.found.high) for each in own],
            columns=["difference", "low", "high"],
        )
        labels = [_difference_label(each) for each in own]
        seen = [each.found.detectable for each in own]
        axis.barh(range(len(own)), [2 * each for each in seen], left=[-each for each in seen],
                  color="0.9", zorder=0)  # fmt: skip
        _forest(axis, rows, "difference", labels)
        axis.axvline(0.0, color="0.7", linewidth=0.8)
        axis.set(xlabel=f"{endpoint}: with circuits minus twin (95%)")
    return figure


def _quantum_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return differences with the quantum head on the left."""
    turned = rows["left"] != QUANTUM
    found = rows.assign(none=False)
    sign = np.where(turned, -1.0, 1.0)
    low, high = rows["low"] * sign, rows["high"] * sign
    return found.assign(
        left=QUANTUM,
        right=np.where(turned, rows["left"], rows["right"]),
        left_pd0=np.where(turned, rows["right_pd0"], rows["left_pd0"]),
        right_pd0=np.where(turned, rows["left_pd0"], rows["right_pd0"]),
        difference=rows["difference"] * sign,
        low=np.minimum(low, high),
        high=np.maximum(low, high),
    )


def _subjects(quantum: Pooled, linear: Pooled) -> Figure:
    """Draw the error of each subject by both heads, doses told apart."""
    figure, axes = panels(1, 2, width=4.4)
    for axis, endpoint in zip(axes, ENDPOINTS, strict=True):
        doses = quantum.part(endpoint).rows["dose"].unique()
        for number, dose in enumerate(sorted(doses)):
            x, y = (each.part(endpoint, dose).subject_rmse() for each in (linear, quantum))
            axis.scatter(
                x, y, s=18, color=COLORS[number], marker=MARKERS[number], label=f"dose {dose:g}"
            )
        end = 1.05 * max(axis.get_xlim()[1], axis.get_ylim()[1])
        axis.plot([0, end], [0, end], color="0.7", linewidth=0.8)
        axis.set(xlabel=f"{endpoint} RMSE, linear head", ylabel=f"{endpoint} RMSE, quantum head")
        axis.legend(fontsize=7, frameon=False)
    return figure
