"""Scores of runs on several targets in one table, baselines beside them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from qkdrp.training.score_row import ScoreRow
from qkdrp.training.scored import scored_rows
from qkdrp.training.system import AnySystem

Runs = Mapping[str, tuple[str, Mapping[str, Any]]]
"""By target: the name of the run folder, and the ``metrics.json``; empty where there is none."""


def models_of(
    system: AnySystem, metrics: Mapping[str, Any], *, all_baselines: bool = False
) -> dict[str, Mapping[str, Any]]:
    """Return scores of a run by model: its own, and those of the strongest baseline, or of all.

    Args:
        system: Whose run it is.
        metrics: Its ``metrics.json``.
        all_baselines: Whether all are returned.
    """
    baselines = metrics.get("baselines") or {}
    names = [name for name in baselines if all_baselines or name == system.reference_baseline]
    scores = {metrics["model"]: scored_rows(metrics).scores}
    scores |= {name: baselines[name] for name in names}
    return {name: each or {} for name, each in scores.items()}


def table_of(system: AnySystem, runs: Runs, problems: Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each target and model: scores with the ends of their intervals.

    Args:
        system: Whose runs they are.
        runs: The runs.
        problems: By target, why there is no run.
    """
    rows = []
    for target, (folder, metrics) in runs.items():
        row: dict[str, Any] = {"target": target, "run": folder}
        if not metrics:
            rows.append(row | {"problem": problems.get(target, "")})
            continue
        kind = scored_rows(metrics).kind
        for model, scores in models_of(system, metrics, all_baselines=True).items():
            rows.append(row | {"model": model, "rows": kind, "n": scores.get("n")})
            for each in system.score_rows:
                low, high = scores.get(f"{each.key}_ci") or (None, None)
                rows[-1] |= {each.key: scores.get(each.key)}
                rows[-1] |= {f"{each.key}_low": low, f"{each.key}_high": high}
    scored = [f"{row.key}{end}" for row in system.score_rows for end in ("", "_low", "_high")]
    columns = ["target", "model", "rows", "n", *scored, "run", "problem"]
    return pd.DataFrame(rows, columns=columns).astype({"n": "Int64"})


def cell(scores: Mapping[str, Any], row: ScoreRow, between: str = " ") -> str:
    """Return a score and its interval as text; a dash where there is none."""
    value, bounds = scores.get(row.key), scores.get(f"{row.key}_ci")
    if value is None:
        return "-"
    ends = f"{between}({', '.join(row.interval(*bounds))})" if bounds else ""
    return row.number(value) + ends


def markdown_of(system: AnySystem, runs: Runs, problems: Mapping[str, str]) -> str:
    """Return the scores that tables show, in Markdown; arguments as of :func:`table_of`."""
    return "\n".join(_lines(system, runs, problems)) + "\n"


def _lines(system: AnySystem, runs: Runs, problems: Mapping[str, str]) -> Iterator[str]:
    shown = [row for row in system.score_rows if row.shown]
    titles = ["", "model", "rows", "n", *(row.name for row in shown)]
    yield f"| {' | '.join(titles)} |"
    yield "|---" * len(titles) + "|"
    for target, (_, metrics) in runs.items():
        kind = scored_rows(metrics).kind
        for model, scores in models_of(system, metrics).items() if metrics else ():
            counts = (target, model, kind, str(scores.get("n", "-")))
            yield f"| {' | '.join([*counts, *(cell(scores, row) for row in shown)])} |"
    yield ""
    yield f"{system.score_caption}."
    for target, problem in problems.items():
        yield ""
        yield f"**{target}** failed: {problem}"
