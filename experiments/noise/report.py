"""Report of the study of noise: tables, figures, ``report.md`` and ``report.html``."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console

from qkdrp.experiments.noise.answers import answers, details, losses
from qkdrp.experiments.noise.cells import DEVICE
from qkdrp.experiments.noise.changes import changes_frame, learned_frame
from qkdrp.experiments.noise.labels import (
    SCORE_NAMES,
    angle,
    circuit_name,
)
from qkdrp.experiments.noise.optimum import DRAWS, moves_frame, optimum_frame
from qkdrp.experiments.noise.plan import NoisePlan
from qkdrp.experiments.noise.report_tables import (
    device_table,
    learned_table,
    levels_table,
    mean_with_interval,
    moves_table,
    optimum_table,
)
from qkdrp.experiments.noise.table import noise_frame
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.report_parts import core_hours, failures, versions_line, write_report
from qkdrp.reports.page import Figure, Page, Section, Table

WHERE, WHAT, LEARNED = "Where the best a and r lie", "What noise does", "Learned a and r"
"""Sections with figures."""

FAMILY = ["drug", "model", "n_qubits", "n_encoding", "n_variational", "lr", "source"]
"""What curves are drawn for, one figure each."""

READING = (
    "AUC counts responders as positive and scores with the negative prediction; it is never "
    "flipped. A model is trained for all epochs on the training rows of a fold and evaluated once, "
    "with its last weights, on the held-out rows; nothing is chosen on them. Scores with a finite "
    "number of shots are means over repetitions, each with new shots; noise.csv has their spread.",
    "Intervals and tests over folds use the corrected resampled t-test of Nadeau and Bengio "
    "(2003), since the training rows of folds overlap, with as many degrees of freedom as one "
    "repeat has; q is p adjusted for all rows of a table (Benjamini and Hochberg). Intervals of "
    f"the best a and r are percentiles of {DRAWS} draws of the mean scores by the same test. Fewer "
    "than three folds, or values that are all the same, have no interval.",
    "Whether the best a and r move is asked without flattering the choice: for each fold, the "
    "point that is best at a level and the point that is best at a quieter one (without noise, "
    "without shots, or without both) are both chosen on all other folds, and compared on this one "
    "at that level.",
    "Contrast is the spread of the circuit's outputs over the held-out rows, before shots, against "
    "the noiseless one. The gradient is that of the squared error by the circuit's weights, by the "
    "parameter-shift rule under the same noise; its signal to noise is its length over the "
    "standard error that shots give it.",
)


class NoiseReport:
    """Writes and prints the results of the study of noise.

    Args:
        plan: The study.
    """

    def __init__(self, plan: NoisePlan) -> None:
        self.plan = plan

    def write(self, findings: Findings, path: Path) -> Mapping[str, pd.DataFrame]:
        """Write tables, figures, ``report.md`` and ``report.html`` into the folder of the study.

        Args:
            findings: Its results; rows of failed tasks are left out and named.
            path: The folder.

        Returns:
            The tables by file name without its ending.
        """
        folds = self.plan.config.folds
        noise = noise_frame(self.plan, findings)
        tables = {
            "noise": noise,
            "optimum": optimum_frame(noise, self.plan.config),
            "moves": moves_frame(noise, self.plan.config),
            "changes": changes_frame(noise, folds),
            "learned": learned_frame(noise, folds),
        }
        write_report(path, tables, page_of(self.plan, findings, tables))
        return tables

    def show(
        self, console: Console, findings: Findings, tables: Mapping[str, pd.DataFrame]
    ) -> None:
        """Print the answer, and what linear models come to."""
        for sentence in (*answers(tables["moves"]), *_baselines(self.plan, findings)):
            console.print(sentence, soft_wrap=True)


def page_of(plan: NoisePlan, findings: Findings, tables: Mapping[str, pd.DataFrame]) -> Page:
    """Return the report."""
    lead = [*answers(tables["moves"]), *_what(plan)]
    sections = [section for section in _sections(plan, findings, tables) if section.parts]
    title = f"Noise and the normalisation r tanh(phi / a): {', '.join(plan.config.drugs)}"
    return Page(title, lead, sections, list(_provenance(plan, findings)))


def _what(plan: NoisePlan) -> Iterator[str]:
    config = plan.config
    yield (
        f"{len(plan.places)} models were trained and each evaluated in {len(plan.cells)} cells: "
        f"noise of {', '.join(config.noise)}, scales {_list(config.scales)}, parts "
        f"{', '.join(config.parts)}, shots {_list(config.shots)} (0 is infinitely many)."
    )
    for drug, cohort in plan.cohorts.items():
        if cohort.synthetic:
            yield f"The data of {drug} are SYNTHETIC: made-up numbers."


def _sections(
    plan: NoisePlan, findings: Findings, tables: Mapping[str, pd.DataFrame]
) -> Iterator[Section]:
    noise, config = tables["noise"], plan.config
    figures: dict[str, list[Figure]] = {WHERE: [], WHAT: [], LEARNED: []}
    for section, figure in drawn(plan, tables):
        figures[section].append(figure)
    yield Section(
        WHERE, [*figures[WHERE], *_nonempty(optimum_table(tables["optimum"], config.folds))]
    )
    yield Section(
        "Whether they move",
        [*details(tables["moves"]), *_nonempty(moves_table(tables["moves"], config.folds))],
    )
    yield Section(
        WHAT,
        [
            *losses(tables["changes"]),
            *figures[WHAT],
            *_nonempty(levels_table(noise, config.folds)),
        ],
    )
    yield Section(LEARNED, [*figures[LEARNED], *_nonempty(learned_table(tables["learned"]))])
    yield Section("On hardware", _nonempty(device_table(noise)))
    yield Section("Linear models on the same folds", list(_baselines(plan, findings)))
    yield Section("How to read this", READING)


def drawn(plan: NoisePlan, tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, Figure]]:
    """Yield all figures, each with the section that it belongs to."""
    from qkdrp.experiments.noise.curves import learned_figure  # matplotlib is slow to import
    from qkdrp.experiments.noise.maps import map_figures, optimum_figure

    best, learned = optimum_figure(tables["optimum"]), learned_figure(tables["learned"])
    if best is not None:
        yield WHERE, best
    for figure in map_figures(tables["noise"], plan.config.folds):
        yield WHERE, figure
    for figure in _curves(plan, tables):
        yield WHAT, figure
    if learned is not None:
        yield LEARNED, learned


def _curves(plan: NoisePlan, tables: Mapping[str, pd.DataFrame]) -> Iterator[Figure]:
    """Yield the figures of each drug, model and source of noise."""
    from qkdrp.experiments.noise import curves

    config = plan.config
    noise = tables["noise"]
    fixed = noise[(noise["parts"] != DEVICE) & ~noise["model"].map(config.learns).astype(bool)]
    families = list(fixed.groupby(FAMILY, dropna=False, sort=False))
    for _, rows in families:
        row = rows.iloc[0]
        name = str(row["drug"])
        if len(families) > len(config.drugs):
            name += f", {circuit_name(row)}, {row['source']}"
        changes = tables["changes"].merge(rows[FAMILY].drop_duplicates(), on=FAMILY)
        found = [
            curves.scores_figure(rows, config, name),
            *(curves.changes_figure(changes, config, name, score) for score in SCORE_NAMES),
            curves.contrast_figure(rows, config, name),
            curves.gradient_figure(rows, config, name),
            curves.parts_figure(rows, changes, config, name),
        ]
        yield from (figure for figure in found if figure is not None)


def _nonempty(table: Table) -> list[Table]:
    return [table] if len(table.frame) else []


def _baselines(plan: NoisePlan, findings: Findings) -> Iterator[str]:
    by_drug: dict[tuple[str, str], list[float]] = {}
    for task, result in plan.baseline_results(findings):
        key = str(task.data.drug), str(task.baseline)
        by_drug.setdefault(key, []).append(result.curve[-1])
    for (drug, name), values in by_drug.items():
        shown = mean_with_interval(np.array(values), plan.config.folds, "auc")
        yield f"{drug}: {name} regression, which no noise reaches, has an AUC of {shown}."


def _provenance(plan: NoisePlan, findings: Findings) -> Iterator[str]:
    config = plan.config
    for drug, cohort in plan.cohorts.items():
        n_responder = int(cohort.responder.sum())
        yield (
            f"{drug}: {len(cohort)} samples, {n_responder} responders, {len(cohort.genes)} genes"
            + (", SYNTHETIC (made-up numbers)" if cohort.synthetic else "")
        )
    yield (
        f"{config.repeats} x {config.folds} folds of 90% of the samples, {config.epochs} epochs, "
        f"batches of {config.batch_size}, learning rate {_list(config.lr)}, seed {config.seed}"
    )
    yield (
        f"a {_list(config.a)}; r / pi {_list([r / np.pi for r in config.r])}; {config.design}, "
        f"reference a = {config.reference_a:g}, r = {angle(config.reference_r)}"
    )
    yield (
        f"{config.repetitions} repetitions of each evaluation with shots; gradients of "
        f"{config.gradient_rows} training rows; exact training on {config.backend}"
    )
    yield from plan.shelf.describe()
    yield f"{len(findings.results)} tasks, {core_hours(findings)}"
    yield versions_line()
    yield from failures(findings, lambda task: task.title)


def _list(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
