"""The page of predictions for new samples, made from the files that hold them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from qkdrp.reports.page import Figure, Page, Section, Table, write_page
from qkdrp.runs.predict_new import VERB, PredictionRequest
from qkdrp.systems.registry import find_system
from qkdrp.training.forecast import new_samples_of

MOST_ROWS = 500
"""Rows that the page shows; the table has all."""


def write_prediction_page(
    request: PredictionRequest, table: pd.DataFrame, record: Mapping[str, Any]
) -> None:
    """Write the page of predictions beside their table."""
    write_page(request.page, _page(table, record))


def complete_prediction_page(folder: Path) -> Path | None:
    """Write the page of predictions whose values were collected later; return it.

    Args:
        folder: Of their jobs.

    Returns:
        None where the folder is of something else.
    """
    try:
        record = json.loads((folder / "metrics.json").read_text())
    except (OSError, ValueError):
        return None
    if record.get("verb") != VERB:
        return None
    output = Path(record["output"])
    texts = dict.fromkeys(new_samples_of(find_system(record["system"])).texts, str)
    table = pd.read_csv(output, dtype=texts, keep_default_na=False, na_values=[""])
    page = output.with_suffix(".html")
    write_page(page, _page(table, record))
    return page


def _page(table: pd.DataFrame, record: Mapping[str, Any]) -> Page:
    support = new_samples_of(find_system(record["system"]))
    pictures = [
        Figure.of(each.title, each.reading, each.drawing)
        for each in support.pictures(table, record)
    ]
    marks = [run["target"] for run in record["runs"] if run["synthetic"]]
    made_up = "SYNTHETIC DATA. " if marks or record["synthetic"] else ""
    extracts = [
        Table(_caption(each.title, each.frame), each.frame.head(MOST_ROWS), 4)
        for each in support.extracts(table)
    ]
    shown: list[Table | Figure] = [*pictures, *extracts]
    sections = [
        *([Section("Predictions", shown)] if shown else []),
        Section("How the samples fit the models", _fit(record)),
        Section(
            "All rows",
            [Table(_caption("As in the table", table), table.head(MOST_ROWS), 4), *_notes(record)],
        ),
    ]
    n_models = len(record["runs"])
    return Page(
        title=f"{', '.join(record['targets'])}: predictions for {record['n_samples']} "
        f"{support.rows}",
        lead=[
            f"{made_up}{record['data']}. {n_models} {'model' if n_models == 1 else 'models'}, on "
            f"{record['backend']}; "
            f"intervals hold {record['coverage']:.0%} of measured values if "
            f"{support.bounds_hold}.",
            *(f"Warning: {text}." for text in record["warnings"]),
        ],
        sections=sections,
        provenance=[
            *(
                f"{run['run']}: {run['model']}, {run['model_sha256'][:12]}"
                for run in record["runs"]
            ),
            f"samples: digest {record['data_sha256'][:12]}",
            ", ".join(f"{name} {version}" for name, version in record["versions"].items()),
        ],
    )


def _caption(title: str, frame: pd.DataFrame) -> str:
    cut = len(frame) > MOST_ROWS
    return f"{title} (the first {MOST_ROWS} of {len(frame)} rows)" if cut else title


def _fit(record: Mapping[str, Any]) -> list[str | Table]:
    """Return what each run found of its inputs: plain numbers and texts of its record."""
    rows = [
        {"run": Path(run).name}
        | {key: value for key, value in found.items() if isinstance(value, int | float | str)}
        | {
            f"{part}: {key}": value
            for part, inner in found.items()
            if isinstance(inner, dict)
            for key, value in inner.items()
            if isinstance(value, int | float)
        }
        for run, found in record["matched"].items()
    ]
    frame = pd.DataFrame(rows).set_index("run").T.rename_axis("").reset_index()
    return [Table("What each model found", frame.astype(object), 3)]


def _notes(record: Mapping[str, Any]) -> list[str]:
    """Return the lists of names of each run's record, such as missing inputs, in full."""
    return [
        f"{Path(run).name}, {key.replace('_', ' ')} ({len(names)}): {', '.join(names)}"
        for run, found in record["matched"].items()
        for key, names in found.items()
        if isinstance(names, list) and names
    ]
