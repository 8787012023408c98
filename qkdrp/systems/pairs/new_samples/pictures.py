"""Figures of predictions for new drugs and cell lines."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.systems.pairs.new_samples.table import HIGH, LOW, MEASURED, measure_of
from qkdrp.systems.pairs.target import MEASURES
from qkdrp.training.drawing import figure_of, plain_axes
from qkdrp.training.picture import Picture

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8c8c8c"

MOST = 60
"""Lines, drugs or pairs that a figure names."""


def pictures_of(table: pd.DataFrame, record: Mapping[str, Any]) -> list[Picture]:
    """Return a matrix or a list of predictions, and how near drugs are to those of the training.

    Args:
        table: The predictions.
        record: What is kept beside them.
    """
    whole = table["sample"].nunique() * table["drug"].nunique() == len(table) > MOST
    found = [_matrix(table) if whole else _intervals(table, record["coverage"])]
    if "tanimoto" in table.columns:
        found.append(_near(table, record))
    if f"{MEASURED}{measure_of(table)}" in table.columns:
        known = table.dropna(subset=f"{MEASURED}{measure_of(table)}")
        found += [_against_measured(known)] if len(known) > 1 else []
    return found


def _matrix(table: pd.DataFrame) -> Picture:
    """Draw lines by drugs, coloured by the prediction; the most sensitive ones of each first."""
    measure = measure_of(table)
    grid = table.set_index(["sample", "drug"])[measure].unstack()  # noqa: PD010
    grid = grid.loc[grid.mean(axis=1).sort_values().index, grid.mean().sort_values().index]
    shown = grid.iloc[:MOST, :MOST]
    names = table.drop_duplicates("drug").set_index("drug")["name"]
    axes = plain_axes(1.8 + 0.16 * len(shown.columns), 1.6 + 0.16 * len(shown))
    image = axes.imshow(shown, cmap="RdYlBu", aspect="auto")
    axes.set_xticks(range(len(shown.columns)), names.loc[shown.columns], rotation=90, fontsize=6,
                    parse_math=False)  # fmt: skip
    axes.set_yticks(range(len(shown)), shown.index, fontsize=6, parse_math=False)
    figure = figure_of(axes)
    figure.colorbar(image, ax=axes, label=f"predicted {MEASURES[measure]}")
    cut = (
        f" The first {len(shown)} lines of {len(grid)}, {len(shown.columns)} drugs of "
        f"{len(grid.columns)}."
        if shown.size < grid.size
        else ""
    )
    return Picture(
        "Cell lines by drugs",
        f"Red: more sensitive. Both are ordered by their mean prediction.{cut}",
        figure,
    )


def _intervals(table: pd.DataFrame, coverage: float) -> Picture:
    """Draw pairs with bounds, the most sensitive on top."""
    measure = measure_of(table)
    rows = table.dropna(subset=measure).sort_values(measure).head(MOST).iloc[::-1]
    axes, place = plain_axes(6.8, len(rows) * 0.2 + 1.2), np.arange(len(rows))
    low, high = (rows[f"{measure}{end}"].replace([np.inf, -np.inf], np.nan) for end in (LOW, HIGH))
    axes.hlines(place, low, high, color=GREY, linewidth=1.2, alpha=0.7)
    axes.plot(rows[measure], place, "o", color=BLUE, markersize=3.5)
    known = rows.get(f"{MEASURED}{measure}")
    if known is not None:
        axes.plot(known, place, "x", color=ORANGE, markersize=4)
    axes.set_yticks(place, rows["sample"] + ", " + rows["name"], fontsize=7, parse_math=False)
    axes.set(xlabel=f"predicted {MEASURES[measure]}", ylim=(-1, len(rows)))
    cut = f" The first {len(rows)} pairs of {len(table)}." if len(rows) < len(table) else ""
    return Picture(
        f"Predicted {MEASURES[measure]}",
        f"Dots are predictions, lines hold the measured value in {coverage:.0%} of cases, crosses "
        f"were measured; the most sensitive pair is on top.{cut}",
        figure_of(axes),
    )


def _near(table: pd.DataFrame, record: Mapping[str, Any]) -> Picture:
    """Draw how similar drugs are to the nearest training molecule."""
    drugs = table.drop_duplicates("drug").sort_values("tanimoto", ascending=False)
    axes = plain_axes(6.4, 3.0)
    axes.plot(np.arange(1, len(drugs) + 1), drugs["tanimoto"], ".", color=BLUE)
    limits = {found["drugs"]["limit"] for found in record["matched"].values() if "drugs" in found}
    for limit in limits - {None}:
        axes.axhline(limit, color=ORANGE, linewidth=1.0)
    axes.set(xlabel="drug", ylabel="Tanimoto similarity", ylim=(0, 1.05))
    return Picture(
        "How near the drugs are to molecules of the training",
        "Similarity of Morgan fingerprints (2048 bits, radius 2) to the nearest training molecule; "
        "below the line 1% of the training molecules are, each compared with all others.",
        figure_of(axes),
    )


def _against_measured(known: pd.DataFrame) -> Picture:
    """Draw predictions against what was measured."""
    measure = measure_of(known)
    axes = plain_axes(4.4, 4.0)
    axes.plot(known[f"{MEASURED}{measure}"], known[measure], ".", color=BLUE, markersize=2,
              alpha=0.4)  # fmt: skip
    axes.axline((0, 0), slope=1, color=GREY, linewidth=0.8)
    title = MEASURES[measure]
    axes.set(xlabel=f"measured {title}", ylabel=f"predicted {title}")
    return Picture(
        "Against what was measured",
        "Pairs of the run's data, training pairs among them: this is no test.",
        figure_of(axes),
    )
