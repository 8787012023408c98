"""Explaining trained runs: which features count, by permutation and by integrated gradients."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from qkdrp.common.errors import ConfigError, RunError
from qkdrp.common.files import write_csv, write_json
from qkdrp.common.provenance import versions
from qkdrp.runs.evaluate import Subject, load_subject
from qkdrp.runs.explain.figure import draw_importance
from qkdrp.runs.explain.gradients import integrated_gradients
from qkdrp.runs.explain.importance import GRADIENTS, METHODS, PERMUTATION
from qkdrp.runs.explain.permutation import permutation_importance
from qkdrp.runs.explain.settings import ExplainSettings
from qkdrp.runs.explain.stability import Stability, stability
from qkdrp.runs.explain.subject import HeldOut, explained, held_out
from qkdrp.runs.explain.table import RunImportance, by_run, over_runs, wide
from qkdrp.runs.explain.wholes import (
    ROWS,
    ExplainedWhole,
    WholeParts,
    explain_parts,
    parts_record,
    write_parts,
)
from qkdrp.runs.explain.wholes import over_runs as wholes_over_runs
from qkdrp.runs.folder import load_run, read_config, read_metrics
from qkdrp.runs.new_folder import claim_folder, refuse_taken
from qkdrp.runs.open_backend import open_backend
from qkdrp.training.threads import limit_threads
from qkdrp.training.wholes import Whole

EXPLANATIONS = "explanations"
"""Folder inside a run folder for its explanations."""

TABLE, TABLE_BY_RUN = "importance.csv", "importance_by_run.csv"
FIGURE, RECORD = "importance.png", "explanation.json"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Which features count in trained runs.

    Args:
        path: Folder of the results.
        table: One row per feature, the most important first.
        stability: How well runs agree, by method; None for one run.
        record: What is kept beside the tables.
        noun: What a feature is called, such as gene.
        notes: What the user should know.
        wholes: Things that are explained part by part, such as molecules.
    """

    path: Path
    table: pd.DataFrame
    stability: dict[str, Stability | None]
    record: dict[str, Any]
    noun: str
    notes: tuple[str, ...]
    wholes: Sequence[ExplainedWhole] = ()


@dataclass(frozen=True, eq=False)
class _Found:
    """What was found of one run."""

    importance: RunImportance
    record: dict[str, Any]
    noun: str
    notes: tuple[str, ...]
    wholes: Sequence[WholeParts]


def explain(
    paths: Sequence[Path],
    settings: ExplainSettings | None = None,
    output: Path | None = None,
    on_progress: Progress = lambda _what, _done, _total: None,
) -> Explanation:
    """Measure how much each feature counts in runs, and write tables and a figure.

    Args:
        paths: Run folders of one system; several tell how stable importances are.
        settings: How runs are explained.
        output: A new folder; one below the first run's ``explanations/`` where left out.
        on_progress: Called with what is counted, how much of it is done, and how much there is.

    Raises:
        QkdrpError: If a run cannot be used, or has no rows that it was not trained on.
    """
    settings = settings or ExplainSettings()
    refuse_taken(output)
    check_runs(paths)
    found = _explain_all(paths, settings, on_progress)
    runs = [each.importance for each in found]
    table = over_runs(runs)
    wholes = wholes_over_runs({each.importance.run: each.wholes for each in found})
    stable = {method: stability(wide(runs, method).to_numpy(), settings.top) for method in METHODS}
    record = {
        "runs": [each.record for each in found],
        "backend": settings.backend,
        "repeats": settings.repeats,
        "steps": settings.steps,
        "seed": settings.seed,
        "intervals_over": "rows" if len(runs) == 1 else "runs",
        "methods_agree": _agreement(table),
        "stability": {name: _as_json(each) for name, each in stable.items()},
        **({"parts": parts_record(wholes)} if wholes else {}),
        "versions": versions(),
    }
    kind = "1-run" if len(runs) == 1 else f"{len(runs)}-runs"
    path = claim_folder(output, paths[0] / EXPLANATIONS / kind)
    write_csv(path / TABLE, table)
    write_csv(path / TABLE_BY_RUN, by_run(runs))
    draw_importance(path / FIGURE, table, by_run(runs), settings.top)
    write_parts(path, wholes)
    write_json(path / RECORD, record)
    notes = tuple(dict.fromkeys(note for each in found for note in each.notes))
    return Explanation(path, table, stable, record, found[0].noun, notes, wholes)


def _explain_all(
    paths: Sequence[Path], settings: ExplainSettings, on_progress: Progress
) -> list[_Found]:
    """Explain each run; things to explain part by part are those of the first."""
    found = list[_Found]()
    with limit_threads(settings.threads):
        for path, name in zip(paths, _names(paths), strict=True):
            chosen = [each.whole.name for each in found[0].wholes] if found else None
            found.append(_explain_run(path, name, settings, chosen, on_progress))
    return found


def check_runs(paths: Sequence[Path]) -> None:
    """Refuse runs of several systems, and the same run twice.

    Raises:
        RunError: If so, or if a folder is none of a finished run.
    """
    systems = {read_config(path).system for path in paths}
    if len(systems) > 1:
        raise RunError(f"Found runs of {', '.join(sorted(systems))}, expected runs of one system.")
    models = [read_metrics(path).get("model_sha256") for path in paths]
    for number, model in enumerate(models):
        if model in models[:number]:
            raise RunError(
                f"{paths[number]}: holds the same model as {paths[models.index(model)]}; give each "
                "run once, for copies are no sign of stability."
            )


def _explain_run(
    path: Path,
    name: str,
    settings: ExplainSettings,
    chosen: Sequence[str] | None,
    on_progress: Progress,
) -> _Found:
    """Explain one run.

    Args:
        path: The run folder.
        name: What tables call it.
        settings: How it is explained.
        chosen: Things that the first run chose to explain part by part; None for the first.
        on_progress: Called with what is counted, how much is done and how much there is.
    """
    with open_backend(settings.backend, {}, settings.seed) as backend:
        run = load_run(path, backend)
        subject = load_subject(run, settings.source)
        rows = held_out(subject, settings.rows or run.system.explained_rows, settings.seed)
        asked = explained(subject, rows)
        wholes = _wholes(subject, rows, settings.wholes, chosen)
        permuted = permutation_importance(
            asked, settings.repeats, settings.seed, partial(on_progress, f"{name}: permutations")
        )
        gradients = integrated_gradients(
            asked, settings.steps, partial(on_progress, f"{name}: integrated rows")
        )
        parts = explain_parts(
            run.model, wholes, settings.steps, partial(on_progress, f"{name}: parts")
        )
    importance = RunImportance(
        name,
        asked.features.names,
        {PERMUTATION: permuted, GRADIENTS: gradients.importance},
        gradients.slope,
    )
    record = {
        "run": name,
        "model_sha256": subject.trained.get("model_sha256"),
        "data_sha256": subject.digest,
        "rows": len(asked),
        "left_out": rows.left_out,
        "completeness_gap": gradients.gap,
    }
    notes = _notes(name, settings, rows, known=bool(len(run.split.train)))
    return _Found(importance, record, asked.features.noun, notes, parts)


def _wholes(
    subject: Subject, rows: HeldOut, asked: Sequence[str] | None, chosen: Sequence[str] | None
) -> list[Whole]:
    """Return what is explained part by part of a run.

    Args:
        subject: The run with its data.
        rows: Those that it was not trained on.
        asked: What the user asked for, which has to be there; None for nothing in particular.
        chosen: What the first run chose, where nothing was asked for; what is not there is left
            out. None for the first run.
    """
    run, dataset = subject.run, subject.dataset.select(rows.every)
    if asked is not None or chosen is None:
        return list(run.system.wholes(run.preprocessor, dataset, asked, ROWS))
    found = list[Whole]()
    for name in chosen:
        with suppress(ConfigError):
            found += run.system.wholes(run.preprocessor, dataset, [name], ROWS)
    return found


def _notes(name: str, settings: ExplainSettings, rows: HeldOut, *, known: bool) -> tuple[str, ...]:
    """Return what the user should know of the rows that a run is explained on.

    Args:
        name: Of the run.
        settings: How it is explained.
        rows: The rows.
        known: Whether the run says which rows it was trained on.
    """
    notes = []
    if len(rows.ids) < len(rows.every):
        notes.append(
            f"{name}: {len(rows.ids)} of {len(rows.every)} held-out rows are explained, drawn at "
            "random; --rows tells how many"
        )
    if settings.source is not None and rows.left_out:
        notes.append(f"{name}: {rows.left_out} rows that it was trained on are left out")
    if not known:
        notes.append(f"{name}: does not say which rows it was trained on; all are explained")
    return tuple(notes)


def _names(paths: Sequence[Path]) -> list[str]:
    """Return short names of runs; whole paths where folders share a name."""
    short = [path.resolve().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def _agreement(table: pd.DataFrame) -> float | None:
    """Return the rank correlation of both methods' importances."""
    both = table[list(METHODS)].dropna().to_numpy()
    if len(both) < 2 or not (np.ptp(both, axis=0) > 0).all():
        return None
    return float(stats.spearmanr(both).statistic)


def _as_json(found: Stability | None) -> dict[str, Any] | None:
    if found is None:
        return None
    parts = found._asdict()
    return {
        name: part._asdict() if hasattr(part, "_asdict") else part for name, part in parts.items()
    }
