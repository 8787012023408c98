"""Figures of predictions for new samples."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.systems.response.measures import LN_IC50
from qkdrp.systems.response.new_samples.table import HIGH, LOW, measure_column, measure_title
from qkdrp.training.drawing import figure_of, plain_axes
from qkdrp.training.picture import Picture

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8c8c8c"

MOST_NAMED = 60
"""Samples up to which each is named."""


def pictures_of(table: pd.DataFrame, record: Mapping[str, Any]) -> list[Picture]:
    """Return the figure of the predictions, and that of the cohort's shift where it is known.

    Args:
        table: The predictions of one drug or several.
        record: What is kept beside them.
    """
    found = [_ranks(table) if "drug" in table.columns else _intervals(table, record["coverage"])]
    matched = next(iter(record["matched"].values()))
    if "genes" in matched:
        found.append(_shift(matched["genes"]))
    return found


def _intervals(table: pd.DataFrame, coverage: float) -> Picture:
    """Draw values with bounds, the most sensitive sample on top."""
    name = measure_column(table)
    title = measure_title(name)
    rows = table.dropna(subset=name).sort_values("percentile", ascending=False)
    axes = plain_axes(6.4, min(len(rows), MOST_NAMED) * 0.2 + 1.2)
    place = np.arange(len(rows))
    low, high = (rows[f"{name}{end}"].replace([np.inf, -np.inf], np.nan) for end in (LOW, HIGH))
    axes.hlines(place, low, high, color=GREY, linewidth=1.2, alpha=0.7)
    axes.plot(rows[name], place, "o", color=BLUE, markersize=3.5)
    if len(rows) <= MOST_NAMED:
        axes.set_yticks(place, rows["sample"], fontsize=7, parse_math=False)
    else:
        axes.set(yticks=[], ylabel=f"{len(rows)} samples")
    unit = " (micromolar)" if name == LN_IC50.column else ""
    axes.set(xlabel=f"predicted {title}{unit}", ylim=(-1, len(rows)))
    return Picture(
        f"Predicted {title}",
        f"Dots are predictions, lines hold the measured value in {coverage:.0%} of cases if new "
        "samples are like those of the validation; the most sensitive sample is on top.",
        figure_of(axes),
    )


def _ranks(table: pd.DataFrame) -> Picture:
    """Draw samples by drugs, coloured by the place among a drug's training predictions."""
    order = table["sample"].drop_duplicates()
    grid = table.set_index(["sample", "drug"])["percentile"].unstack().loc[order]  # noqa: PD010
    shown = grid.iloc[:MOST_NAMED]
    axes = plain_axes(1.6 + 0.9 * len(grid.columns), len(shown) * 0.2 + 1.6)
    image = axes.imshow(shown, cmap="RdYlBu", vmin=0, vmax=100, aspect="auto")
    axes.set_xticks(range(len(grid.columns)), grid.columns, rotation=30, ha="right", fontsize=8)
    axes.set_yticks(range(len(shown)), shown.index, fontsize=7, parse_math=False)
    first = table[table["rank"] == 1]
    for sample, drug in zip(first["sample"], first["drug"], strict=True):
        if sample in shown.index:
            x, y = list(grid.columns).index(drug), list(shown.index).index(sample)
            axes.plot(x, y, "o", color="black", markersize=3)
    figure = figure_of(axes)
    figure.colorbar(image, ax=axes, label="place among training predictions")
    cut = f" The first {MOST_NAMED} samples of {len(grid)}." if len(grid) > len(shown) else ""
    return Picture(
        "Drugs for each sample",
        "Red: the sample is predicted to be more sensitive to the drug than most training samples "
        f"are; a dot marks the drug that comes first.{cut}",
        figure,
    )


def _shift(genes: Mapping[str, Any]) -> Picture:
    """Draw how far gene means are from training."""
    axes = plain_axes(6.4, 2.6)
    edges, counts = np.array(genes["shift_of_means"]["edges"]), genes["shift_of_means"]["genes"]
    axes.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=ORANGE)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set(xlabel="cohort mean - training mean, in training spreads", ylabel="genes")
    return Picture(
        "How far the cohort is from training",
        "Before alignment; the outermost bars hold all genes beyond them.",
        figure_of(axes),
    )
