"""Figures and tables of a population model: goodness of fit, predictive check, individual fits."""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qkdrp.common.files import atomic, write_csv
from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.data.units import Units
from qkdrp.systems.pkpd.log_axes import log_axes
from qkdrp.systems.pkpd.population.inputs import SubjectInputs
from qkdrp.systems.pkpd.population.mechanistic import MechanisticModel
from qkdrp.systems.pkpd.population.network import PopulationNetwork
from qkdrp.systems.pkpd.population.parameter_table import (
    decision_table,
    parameter_table,
    structure_table,
)
from qkdrp.systems.pkpd.population.residuals import predictive_check, residual_table, simulate

N_TRIALS = 200
"""Simulated trials of a predictive check."""

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8c8c8c"


def draw_population(
    folder: Path, title: str, network: PopulationNetwork, trial: Trial, inputs: SubjectInputs
) -> None:
    """Draw what a pharmacometrician looks at first, and write the tables behind it.

    Args:
        folder: Where figures (``.png``) and tables (``.csv``) go; made if missing.
        title: Above each figure.
        network: The trained model.
        trial: All subjects.
        inputs: The same subjects, as the model takes them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    population = network.population()
    typical = network.typical(inputs).detach()
    residuals = residual_table(population, trial, typical)
    check = predictive_check(simulate(population, trial, typical, N_TRIALS, seed=0))
    tables = {"residuals": residuals, "predictive_check": check, **_tables_of(network)}
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table)
    units = trial.units
    figures = {
        "goodness_of_fit": _goodness_of_fit(residuals, units),
        "residuals": _residuals(residuals, units),
        "predictive_check": _predictive_check(check, units),
        "individual_fits": _individual_fits(residuals, units),
    }
    for name, figure in figures.items():
        figure.suptitle(title, fontsize=10, parse_math=False)
        with atomic(folder / f"{name}.png") as temporary:
            figure.savefig(temporary, dpi=120, format="png")


def _tables_of(network: PopulationNetwork) -> dict[str, pd.DataFrame]:
    if not isinstance(network, MechanisticModel) or network.fit is None:
        return {}
    tables = {
        "parameters": parameter_table(network.fit, network.refits()),
        "decisions": decision_table(network.fit),
    }
    return tables | ({"structures": structure_table(network.compared)} if network.compared else {})


def _goodness_of_fit(table: pd.DataFrame, units: Units) -> Figure:
    """Draw observed against PRED and IPRED for each endpoint."""
    figure = Figure(figsize=(8.4, 7.2), layout="constrained")
    for row, endpoint in enumerate(ENDPOINTS):
        part = table[table["endpoint"] == endpoint]
        for column, name in enumerate(("pred", "ipred")):
            axes = figure.add_subplot(2, 2, 2 * row + column + 1)
            axes.scatter(part[name], part["measured"], s=8, alpha=0.5, color=BLUE, linewidths=0)
            if len(part):
                ends = [float(part["measured"].min()), float(part["measured"].max())]
                axes.plot(ends, ends, color=GREY, linewidth=0.8)
            unit = units.of(endpoint)
            axes.set(xlabel=f"{name.upper()} ({unit})", ylabel=f"observed {endpoint} ({unit})")
            _plain(axes, "x", "y")
    return figure


def _residuals(table: pd.DataFrame, units: Units) -> Figure:
    """Draw CWRES against time and prediction for each endpoint."""
    figure = Figure(figsize=(8.4, 7.2), layout="constrained")
    for row, endpoint in enumerate(ENDPOINTS):
        part = table[table["endpoint"] == endpoint]
        for column, (values, label) in enumerate(
            ((part["time"] / 24, "days"), (part["pred"], f"PRED ({units.of(endpoint)})"))
        ):
            axes = figure.add_subplot(2, 2, 2 * row + column + 1)
            axes.scatter(values, part["cwres"], s=8, alpha=0.5, color=BLUE, linewidths=0)
            for level in (-1.96, 0.0, 1.96):
                axes.axhline(level, color=GREY, linewidth=0.8, linestyle="-" if not level else ":")
            axes.set(xlabel=label, ylabel=f"CWRES, {endpoint}")
            _plain(axes, *(["x"] if column else []))
    return figure


def _predictive_check(check: pd.DataFrame, units: Units) -> Figure:
    """Draw observed percentiles over the bands of simulated ones, by dose level."""
    doses = sorted(check["dose"].unique())
    figure = Figure(figsize=(3.0 * max(len(doses), 2), 6.6), layout="constrained")
    for row, endpoint in enumerate(ENDPOINTS):
        for column, dose in enumerate(doses):
            part = check[(check["endpoint"] == endpoint) & (check["dose"] == dose)]
            if part.empty:
                continue
            axes = figure.add_subplot(2, len(doses), row * len(doses) + column + 1)
            _percentiles(axes, part)
            axes.set(xlabel="days", title=f"{dose:g} {units.amount}" if dose else "placebo")
            axes.set_ylabel(f"{endpoint} ({units.of(endpoint)})")
            _plain(axes, "y")
    figure.legend(handles=_check_legend(), loc="outside lower center", ncols=2, fontsize=8)
    return figure


def _percentiles(axes: Axes, part: pd.DataFrame) -> None:
    """Draw observed percentiles over time, and the band of simulated ones."""
    for level, rows in part.groupby("quantile"):
        colour = ORANGE if level == 0.5 else BLUE
        days = rows["time"] / 24
        axes.fill_between(days, rows["low"], rows["high"], color=colour, alpha=0.25, linewidth=0)
        axes.plot(days, rows["observed"], color=colour, linewidth=1.0)


def _check_legend() -> list[Line2D | Patch]:
    """Return what lines and bands of a predictive check are."""
    found: list[Line2D | Patch] = []
    for colour, name in ((BLUE, "5% and 95%"), (ORANGE, "median")):
        found.append(Line2D([], [], color=colour, label=f"{name} of observed subjects"))
        found.append(Patch(color=colour, alpha=0.25, label=f"{name} in 95% of simulated trials"))
    return found


def _individual_fits(table: pd.DataFrame, units: Units) -> Figure:
    """Draw every subject: observed values, PRED and IPRED of the biomarker and concentration."""
    subjects = list(table["subject"].unique())
    columns = 8
    n_rows = max(int(np.ceil(len(subjects) / columns)), 1)
    figure = Figure(figsize=(1.9 * columns, 1.7 * n_rows + 0.6), layout="constrained")
    for place, subject in enumerate(subjects):
        axes = figure.add_subplot(n_rows, columns, place + 1)
        for endpoint, colour in zip(ENDPOINTS, (BLUE, ORANGE), strict=True):
            rows = table[(table["subject"] == subject) & (table["endpoint"] == endpoint)]
            days = rows["time"] / 24
            axes.plot(days, rows["measured"], ".", color=colour, markersize=3)
            axes.plot(days, rows["ipred"], color=colour, linewidth=0.9)
            axes.plot(days, rows["pred"], color=colour, linewidth=0.6, linestyle=":")
        axes.set_title(str(subject), fontsize=7, parse_math=False)
        axes.tick_params(labelsize=6)
        _plain(axes, "y")
    names = [f"{endpoint} ({units.of(endpoint)})" for endpoint in ENDPOINTS]
    handles = [Line2D([], [], color=c, label=n) for n, c in zip(names, (BLUE, ORANGE), strict=True)]
    styles: tuple[tuple[str, str, Literal["", "-", ":"]], ...] = (
        ("observed", ".", ""),
        ("IPRED", "", "-"),
        ("PRED", "", ":"),
    )
    handles += [Line2D([], [], color=GREY, marker=m, linestyle=s, label=n) for n, m, s in styles]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize=8)
    figure.supxlabel("days", fontsize=9)
    return figure


def _plain(axes: Axes, *logarithmic: str) -> None:
    """Leave two spines, and make axes logarithmic."""
    axes.spines[["top", "right"]].set_visible(False)
    log_axes(axes, *logarithmic)
