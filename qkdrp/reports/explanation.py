"""The page of an explanation, made from its folder, and the section on it in a run's page."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from qkdrp.reports.page import Figure, Page, Section, Table, write_page
from qkdrp.runs.explain.explain import FIGURE, RECORD, TABLE
from qkdrp.runs.explain.importance import GRADIENTS, PERMUTATION
from qkdrp.runs.explain.table import SLOPE
from qkdrp.runs.explain.wholes import FOLDER, SUMMARY

PAGE = "report.html"
"""Name of the page in the folder of an explanation."""

SHOWN = 20
"""Features in the table of the page."""

Part = str | Table | Figure


def write_explanation_page(folder: Path) -> Path:
    """Write the page of an explanation beside its tables, and return its path.

    Args:
        folder: Of the explanation.
    """
    record = _record(folder)
    runs = ", ".join(each["run"] for each in record["runs"])
    section = explanation_section(folder, "What counts")
    page = Page(
        title=f"What the predictions of {runs} rely on",
        lead=[],
        sections=[section],
        provenance=[", ".join(f"{name} {each}" for name, each in record["versions"].items())],
    )
    write_page(folder / PAGE, page)
    return folder / PAGE


def explanation_section(folder: Path, title: str) -> Section:
    """Return the section on an explanation.

    Args:
        folder: Of the explanation.
        title: Of the section.
    """
    record = _record(folder)
    table = pd.read_csv(folder / TABLE).head(SHOWN)
    names = {
        "feature": "feature",
        PERMUTATION: "growth of the loss where permuted",
        f"{PERMUTATION}_rank": "place",
        GRADIENTS: "integrated gradients",
        f"{GRADIENTS}_rank": "place by it",
        SLOPE: "slope",
    }
    return Section(
        title,
        [
            *_words(record),
            Table(
                f"The first {len(table)} features, all in {TABLE}; slope: change of the prediction "
                "per unit of input",
                table[list(names)].rename(columns=names),
                3,
            ),
            Figure(
                "Features that count most",
                "Black lines are 95% intervals; grey dots are single runs. A feature that is "
                "correlated with others shares its importance with them.",
                (folder / FIGURE).read_bytes(),
            ),
            *_parts(folder),
        ],
    )


def _record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / RECORD).read_text())
    return found


def _words(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield on what the explanation rests, and how stable it is over runs."""
    runs = record["runs"]
    rows = ", ".join(str(each["rows"]) for each in runs)
    yield (
        f"{len(runs)} run{'s' * (len(runs) > 1)}, {rows} held-out rows. Attributions by integrated "
        "gradients add up to the change of each prediction within "
        f"{max(each['completeness_gap'] for each in runs):.1e}."
    )
    for method, found in record["stability"].items():
        if found is None:
            continue
        correlation = found["rank_correlation"]
        words = "-" if correlation is None else f"{correlation['mean']:.2f}"
        yield (
            f"Stability over runs, {method.replace('_', ' ')}: rank correlation {words}; of the "
            f"{found['top']} features that count most, two runs share "
            f"{found['overlap']['mean']:.0%}, by chance {found['overlap_by_chance']:.0%}."
        )
    if len(runs) == 1:
        yield "How stable this is over seeds, one run does not tell: qkdrp explain takes several."


def _parts(folder: Path) -> Iterator[Part]:
    """Yield what is explained part by part: a table of all, and each drawing."""
    path = folder / SUMMARY
    if not path.is_file():
        return
    table = pd.read_csv(path, dtype={"name": str, "title": str, "file": str})
    yield Table(
        "Part by part: what the parts add to the prediction, summed, and the largest of them; "
        f"tables with all parts and their spread over runs are in {FOLDER}/",
        table.drop(columns="file").dropna(axis=1, how="all"),
        3,
    )
    for row in table.itertuples():
        drawing = folder / FOLDER / f"{row.file}.png"
        if drawing.is_file():
            yield Figure(
                f"{row.title}",
                f"Orange raises the prediction, purple lowers it; the deepest colour is the "
                f"largest part. {row.largest}.",
                drawing.read_bytes(),
            )
