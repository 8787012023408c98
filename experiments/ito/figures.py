"""Figures of a study of the paper: validation curves, AUC by model, sweeps, embeddings."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from qkdrp.experiments.ito.comparisons import Variant, variant_name, variants
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.ito.published import with_published
from qkdrp.experiments.ito.summary import rows_of
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.panels import COLORS, MARKERS, panels

Named = Iterator[tuple[str, Figure]]


def figures(plan: ItoPlan, findings: Findings, tables: dict[str, pd.DataFrame]) -> Named:
    """Yield file names and figures of what a study looked at.

    Args:
        plan: The study.
        findings: Its results.
        tables: Its tables, by name.
    """
    if plan.study.folds and len(tables["summary"]):
        yield from _validation_figures(plan, findings, tables)
    if plan.study.embeddings:
        yield from _embedding_figures(plan, findings)


def _validation_figures(
    plan: ItoPlan, findings: Findings, tables: dict[str, pd.DataFrame]
) -> Named:
    if plan.study.axis:
        yield "sweep", sweep_figure(plan, tables)
    else:
        yield "performance", performance_figure(plan, findings, tables)
    for drug in plan.config.drugs:
        yield f"curves-{drug}", curves_figure(plan, findings, tables, drug)


def _embedding_figures(plan: ItoPlan, findings: Findings) -> Named:
    learned = any("learn_a_r" in contender(name).settings for name in plan.config.models)
    for drug in plan.config.drugs:
        yield f"embedding-{drug}", embedding_figure(plan, findings, drug)
        if learned:
            yield f"learned-{drug}", learned_figure(plan, findings, drug)


def curves_figure(
    plan: ItoPlan, findings: Findings, tables: dict[str, pd.DataFrame], drug: str
) -> Figure:
    """Draw mean validation AUC by epoch (figures A1 to A5), its maximum with a 95% interval."""
    figure, (axis,) = panels(1, 1, width=7.2)
    for index, (variant, rows) in enumerate(_of_drug(plan, findings, tables["curves"], drug)):
        color, best = COLORS[index % len(COLORS)], rows.iloc[int(np.argmax(rows["auc_mean"]))]
        name = variant_name(plan, variant)
        axis.plot(rows["epoch"], rows["auc_mean"], color=color, linewidth=1.4, label=name)
        error = [[best["auc_mean"] - best["auc_low"]], [best["auc_high"] - best["auc_mean"]]]
        axis.errorbar(
            best["epoch"], best["auc_mean"], yerr=error, fmt="o", color=color, capsize=3,
            elinewidth=0.8,
        )  # fmt: skip
    runs = plan.config.repeats * plan.config.folds
    axis.set(xlabel="epoch", ylabel=f"validation AUC, mean of {runs} folds")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_title(_title(plan, drug), fontsize=10)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return figure


def performance_figure(
    plan: ItoPlan, findings: Findings, tables: dict[str, pd.DataFrame]
) -> Figure:
    """Draw cross-validated AUC with intervals by drug and model, published test AUCs beside it."""
    drugs = plan.config.drugs
    figure, axes = panels(1, len(drugs), width=max(2.3, 6.5 / len(drugs)), height=4.2)
    summary = tables["summary"]
    for axis, drug in zip(axes, drugs, strict=True):
        names = []
        for index, (variant, rows) in enumerate(_of_drug(plan, findings, summary, drug)):
            row, color = rows.iloc[0], COLORS[index % len(COLORS)]
            names.append(variant_name(plan, variant))
            error = [[row["auc_mean"] - row["auc_low"]], [row["auc_high"] - row["auc_mean"]]]
            axis.errorbar(
                row["auc_mean"], index, xerr=error, fmt="o", color=color, capsize=3, markersize=5
            )
            printed = with_published(rows, plan.study.table).iloc[0]
            axis.plot(printed, index, "D", color=color, markerfacecolor="white", markersize=5)
        axis.axvline(0.5, color=COLORS[7], linewidth=0.8, linestyle=":")
        axis.set_title(_title(plan, drug), fontsize=9)
        axis.set_yticks(range(len(names)), names if axis is axes[0] else [""] * len(names))
        axis.tick_params(labelsize=8)
        axis.invert_yaxis()
    low = min(axis.get_xlim()[0] for axis in axes)
    high = max(axis.get_xlim()[1] for axis in axes)
    for axis in axes:
        axis.set_xlim(max(low, 0.0), min(high, 1.0))
    figure.supxlabel(
        "AUC: dot and bar, cross-validation with 95% interval; diamond, published test AUC",
        fontsize=9,
    )
    return figure


def sweep_figure(plan: ItoPlan, tables: dict[str, pd.DataFrame]) -> Figure:
    """Draw cross-validated AUC against a or r with intervals, published test AUCs beside it."""
    drugs, name = plan.config.drugs, plan.study.axis or ""
    columns = min(len(drugs), 3)
    figure, axes = panels(math.ceil(len(drugs) / columns), columns, width=4.2)
    unit, label = (math.pi, "r / pi") if name == "r" else (1.0, "a")
    summary = tables["summary"].dropna(subset=[name])
    for axis, drug in zip(axes, drugs, strict=False):
        rows = summary[summary["drug"] == drug].sort_values(name)
        x = rows[name].astype(float) / unit
        low, high = rows["auc_mean"] - rows["auc_low"], rows["auc_high"] - rows["auc_mean"]
        axis.errorbar(
            x, rows["auc_mean"], yerr=[low, high], fmt="o-", color=COLORS[0], capsize=3,
            label="cross-validation, 95% interval",
        )  # fmt: skip
        axis.plot(x, rows["auc_final"], "s", color=COLORS[2], label="test AUC, one split")
        axis.plot(
            x, with_published(rows, plan.study.table), "D", color=COLORS[1],
            markerfacecolor="white", label="published test AUC",
        )  # fmt: skip
        axis.set_xscale("log")
        axis.set_xticks(x, [f"{value:g}" for value in x], fontsize=8)
        axis.minorticks_off()
        axis.set(xlabel=label, ylabel="AUC")
        axis.set_title(_title(plan, drug), fontsize=10)
    for axis in axes[len(drugs) :]:
        axis.set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=8
    )
    return figure


def embedding_figure(plan: ItoPlan, findings: Findings, drug: str) -> Figure:
    """Draw histograms of embeddings before and after normalisation (figure 3)."""
    shown = [
        (variant, final)
        for (name, variant), found in variants(plan, findings).items()
        if name == drug and (final := plan.final(found, findings)) and len(final.phi)
    ]
    figure, axes = panels(len(shown) or 1, 2, width=3.8, height=2.4)
    for index, (variant, final) in enumerate(shown):
        name = variant_name(plan, variant)
        for axis, values, label in (
            (axes[2 * index], final.phi, "embedding $\\phi$"),
            (axes[2 * index + 1], final.angles, "rotation angle $\\phi'$ (rad)"),
        ):
            axis.hist(np.ravel(values), bins=50, color=COLORS[index])
            axis.set(xlabel=label, ylabel="values")
            axis.set_title(name, fontsize=9)
    figure.suptitle(_title(plan, drug), fontsize=10)
    return figure


def learned_figure(plan: ItoPlan, findings: Findings, drug: str) -> Figure:
    """Draw a and r after each epoch of final trainings that have them."""
    figure, axes = panels(1, 2, width=3.8)
    index = 0
    for (name, variant), found in variants(plan, findings).items():
        final = plan.final(found, findings)
        if name != drug or final is None or not found.model_config_of().learn_a_r:
            continue
        epochs = [epoch.epoch for epoch in final.history]
        for axis, key, label in ((axes[0], "a", "a"), (axes[1], "r", "r (rad)")):
            values = [getattr(epoch, key) for epoch in final.history]
            axis.plot(
                epochs, values, MARKERS[index] + "-", color=COLORS[index], markersize=3,
                label=variant_name(plan, variant) if key == "a" else None,
            )  # fmt: skip
            axis.set(xlabel="epoch", ylabel=label)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.ticklabel_format(useOffset=False)
        index += 1
    figure.suptitle(_title(plan, drug), fontsize=10)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure


def _of_drug(
    plan: ItoPlan, findings: Findings, frame: pd.DataFrame, drug: str
) -> Iterator[tuple[Variant, pd.DataFrame]]:
    """Yield the rows of each variant's configuration, where there are any with an AUC."""
    for (name, variant), found in variants(plan, findings).items():
        if name != drug:
            continue
        rows = rows_of(frame, found)
        if rows["auc_mean"].notna().any():
            yield variant, rows


def _title(plan: ItoPlan, drug: str) -> str:
    return drug + (" (SYNTHETIC DATA)" if plan.cohorts[drug].synthetic else "")
