"""What ``qkdrp predict`` and ``qkdrp validate`` print."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qkdrp.cli.console import console, print_folder, print_note
from qkdrp.cli.fitting_table import FittingTable
from qkdrp.cli.score_table import number

if TYPE_CHECKING:
    import pandas as pd

    from qkdrp.runs.predict_new import Predicted
    from qkdrp.runs.validate import Validated

MOST_ROWS = 20
"""Rows of predictions that are printed; the file has all."""

DIGITS = 2
"""Decimals of predictions whose system names no others."""

ENDS = ("_low", "_high")
"""Endings of the columns of bounds."""


def report_predictions(predicted: "Predicted") -> None:
    """Print what was found, the first rows, and where the files are."""
    from qkdrp.training.new_samples import Extract

    screen, record, table = console(), predicted.record, predicted.table
    marks = [run["target"] for run in record["runs"] if run["synthetic"]]
    made_up = "SYNTHETIC DATA; " if marks or record["synthetic"] else ""
    screen.print(f"samples  {made_up}{record['data']}", soft_wrap=True)
    screen.print(
        f"models   {len(record['runs'])} of {', '.join(record['targets'])}, on "
        f"{record['backend']}; bounds at {record['coverage']:.0%}",
        soft_wrap=True,
    )
    for line in predicted.lines:
        screen.print(line, soft_wrap=True)
    for text in predicted.warnings:
        print_note(text)
    support = predicted.support
    hidden = list(support.unprinted)
    for each in support.extracts(table) or [Extract("", table)]:
        if each.title:
            screen.print(each.title)
        screen.print(
            _rows(each.frame.head(MOST_ROWS).drop(columns=hidden, errors="ignore"), support.digits)
        )
        if len(each.frame) > MOST_ROWS:
            screen.print(f"the first {MOST_ROWS} of {len(each.frame)} rows")
    request = predicted.request
    screen.print(f"table: {request.output}", soft_wrap=True)
    screen.print(
        f"page: {request.page}; what was found on the way, all missing inputs by name: "
        f"{request.record}",
        soft_wrap=True,
    )


def _rows(frame: "pd.DataFrame", digits: Mapping[str, int]) -> FittingTable:
    """Return rows as a table; bounds stand beside their value."""
    shown = [str(name) for name in frame.columns if not str(name).endswith(ENDS)]
    rows = [[_with_bounds(row, name, digits) for name in shown] for row in frame.to_dict("records")]
    words = {name for name in shown if frame[name].dtype.kind not in "fiu"}
    return FittingTable(shown, rows, words)


def _with_bounds(row: Mapping[Any, Any], name: str, digits: Mapping[str, int]) -> str:
    decimals = digits.get(name, DIGITS)
    text = _cell(row[name], decimals)
    if f"{name}_low" not in row:
        return text
    return f"{text} ({', '.join(_cell(row[f'{name}{end}'], decimals) for end in ENDS)})"


def _cell(value: object, digits: int) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return "-"
        small = 0 < abs(value) < 10**-digits  # such as a concentration in another unit
        return f"{value:.{digits}g}" if small else f"{value:.{digits}f}"
    return str(value).replace("<NA>", "-")


def report_validation(validated: "Validated") -> None:
    """Print scores of each target beside those of baselines, and where the files are."""
    screen, metrics = console(), validated.metrics
    screen.print(f"cohort   {metrics['data']}", soft_wrap=True)
    for line in validated.lines:
        screen.print(line, soft_wrap=True)
    for text in validated.warnings:
        print_note(text)
    for target, found in metrics["targets"].items():
        screen.print(_counts(target, found), soft_wrap=True)
        screen.print(_score_table(found["scores"], validated.score_names))
    screen.print(
        "in brackets: 95% intervals; lower predictions mean a stronger response", soft_wrap=True
    )
    print_folder("validation", validated.path)


def _counts(target: str, found: Mapping[str, Any]) -> str:
    """Return how many samples of a target were scored, in words."""
    first = next(iter(found["scores"].values()))
    seen = found["n_seen_in_training"]
    return (
        f"{target}: {found['n_scored']} samples, {first['n_responder']} responders of "
        f"{first['n_letters']} with R or S, {first['n_measured']} with a measure"
        + (f"; {seen} seen in training left out" if seen else "")
    )


def _score_table(scores: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> FittingTable:
    """Return scores of the model and of baselines; a score that none has is left out."""
    rows = [
        [title, *(_score(each, key) for each in scores.values())] for key, title in names.items()
    ]
    known = [row for row in rows if any(cell != "-" for cell in row[1:])]
    return FittingTable(("", *scores), known, words=("", *scores))


def _score(scores: Mapping[str, Any], key: str) -> str:
    value, bounds = scores.get(key), scores.get(f"{key}_ci")
    text = number(value if isinstance(value, float) else None)
    if not isinstance(bounds, tuple | list):
        return text
    return f"{text} ({bounds[0]:.2f}, {bounds[1]:.2f})"
