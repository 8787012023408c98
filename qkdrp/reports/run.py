"""The report page of a run, made from its folder: scores, what its system says, explanations."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from qkdrp.common.provenance import versions
from qkdrp.reports.explanation import explanation_section
from qkdrp.reports.page import Figure, Page, Section, Table, write_page
from qkdrp.runs.explain.explain import EXPLANATIONS, RECORD
from qkdrp.runs.folder import FIGURES, HISTORY, PREDICTIONS, Run, load_run, read_frame, read_metrics
from qkdrp.runs.kept_rows import ROWS, read_rows
from qkdrp.runs.run_path import CONFIG
from qkdrp.runs.table_of_runs import cell
from qkdrp.training.run_report import (
    DrawnFigure,
    ReportPart,
    ReportTable,
    RunContent,
)
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.scored import scored_rows

REPORT = "report.html"
"""Name of the page in a run folder."""


def write_report(run: Run | Path | str) -> Path:
    """Write the report page of a run into its folder, in place of an earlier one; return its path.

    The page holds all of its pictures, and needs no other file and no network.

    Args:
        run: The run, or its folder.

    Raises:
        RunError: If the folder is none of a finished run, or damaged.
    """
    path = run.path if isinstance(run, Run) else Path(run)
    page = path / REPORT
    write_page(page, run_page(path))
    return page


def run_page(path: Path) -> Page:
    """Return the page of a run.

    Args:
        path: The run folder.

    Raises:
        RunError: If it is none of a finished run, or damaged.
    """
    run, metrics = load_run(path), read_metrics(path)
    report = run.system.report(_content(run, metrics))
    sections = [
        Section(each.title, [part for given in each.parts for part in _part(path, given)])
        for each in report.sections
    ]
    return Page(
        title=f"{metrics['model']}: {run.system.score_title(metrics)}",
        lead=[*_lead(run, metrics), *report.lead],
        sections=[
            _scores(run, metrics),
            *(each for each in sections if each.parts),
            *_other_figures(path, sections),
            *_explanations(path),
            Section("Settings", [Table(f"As in {CONFIG}", _settings(path))]),
        ],
        provenance=[
            f"data {str(metrics.get('data_sha256'))[:12]}, model "
            f"{str(metrics.get('model_sha256'))[:12]}",
            ", ".join(f"{name} {each}" for name, each in versions(run.system.packages).items()),
        ],
    )


def _content(run: Run, metrics: Mapping[str, Any]) -> RunContent[Any, Any, Any]:
    """Return all that the folder of a run holds."""
    path, key = run.path, (*run.system.row_key, "part", "prediction")
    there = (path / PREDICTIONS).is_file()
    return RunContent(
        trained=run,
        rows=read_rows(path / ROWS, run.system) if (path / ROWS).is_file() else None,
        history=read_frame(path / HISTORY, ("epoch",)),
        predictions=read_frame(path / PREDICTIONS, key) if there else pd.DataFrame(columns=[*key]),
        metrics=metrics,
    )


def _lead(run: Run, metrics: Mapping[str, Any]) -> Iterator[str]:
    """Yield where the data are from, how good the model is, and what makes it doubtful."""
    made_up = "SYNTHETIC DATA. " if metrics["synthetic"] else ""
    yield f"{made_up}{str(metrics['data']).rstrip('.')}."
    kind, scores = scored_rows(metrics)
    first = next(row for row in run.system.score_rows if row.shown)
    if scores is not None:
        told = [f"{metrics['model']} {cell(scores, first)}"]
        told += [
            f"{name} {cell(each, first)}"
            for name, each in (metrics.get("baselines") or {}).items()
            if each is not None and name in {run.system.reference_baseline, _best(metrics, first)}
        ]
        better = "higher" if first.higher_is_better else "lower"
        yield (
            f"{first.name} of the {kind} rows, {better} is better: {'; '.join(told)}. The first is "
            "the model, the others are the strongest of the simple predictors."
            if len(told) > 1
            else f"{first.name} of the {kind} rows: {told[0]}."
        )
    yield from (f"Note: {text}." for text in metrics.get("notes", ()))


def _best(metrics: Mapping[str, Any], row: ScoreRow) -> str | None:
    """Return the name of the baseline with the best score."""
    found: dict[str, float] = {
        name: each[row.key]
        for name, each in (metrics.get("baselines") or {}).items()
        if each is not None and each.get(row.key) is not None
    }
    ordered = sorted(found, key=found.__getitem__, reverse=row.higher_is_better)
    return ordered[0] if ordered else None


def _scores(run: Run, metrics: Mapping[str, Any]) -> Section:
    """Return the table of scores with those of the baselines."""
    kind, scores = scored_rows(metrics)
    course = (
        f"Trained for {metrics['epochs']} epochs on {metrics['n_train']} rows in "
        f"{metrics.get('seconds', 0):.0f} s; the model has the weights of epoch "
        f"{metrics['best_epoch']} and {metrics.get('n_parameters', 0):,} trained weights."
    )
    if scores is None:
        return Section("Scores", [f"There are none of {kind} rows.", course])
    columns = {str(metrics["model"]): scores, **(metrics.get("baselines") or {})}
    rows = run.system.score_rows
    frame = pd.DataFrame(
        {"score": [row.name for row in rows]}
        | {name: [cell(each or {}, row) for row in rows] for name, each in columns.items()}
    )
    caption = f"Scores of {scores['n']} {kind} rows; {run.system.score_caption}"
    return Section("Scores", [Table(caption, frame), course])


def _part(path: Path, part: ReportPart) -> Iterator[str | Table | Figure]:
    """Yield a part as pages have it; nothing for a figure that the folder lacks."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, ReportTable):
        yield Table(part.caption, part.frame, part.digits)
    elif isinstance(part, DrawnFigure):
        file = path / FIGURES / f"{part.name}.png"
        if file.is_file():
            yield Figure(part.title, part.reading, file.read_bytes())
    else:
        yield Figure.of(part.title, part.reading, part.drawing)


def _other_figures(path: Path, sections: list[Section]) -> list[Section]:
    """Return a section of the figures that the system draws but does not tell of."""
    told = {part.png for each in sections for part in each.parts if isinstance(part, Figure)}
    files = sorted((path / FIGURES).glob("*.png"))
    figures = [
        Figure(file.stem.replace("_", " ").capitalize(), "", content)
        for file in files
        if (content := file.read_bytes()) not in told
    ]
    return [Section("Figures", figures)] if figures else []


def _explanations(path: Path) -> list[Section]:
    """Return a section for each explanation inside the run folder."""
    folders = sorted((path / EXPLANATIONS).glob(f"*/{RECORD}"))
    return [explanation_section(file.parent, f"Explanation {file.parent.name}") for file in folders]


def _settings(path: Path) -> pd.DataFrame:
    """Return all settings of a run, one row each."""
    content = json.loads((path / CONFIG).read_text())
    rows = [
        (f"{section}.{name}" if name else section, json.dumps(value, ensure_ascii=False))
        for section, given in content.items()
        for name, value in (given.items() if isinstance(given, dict) else [("", given)])
    ]
    return pd.DataFrame(rows, columns=["setting", "value"])
