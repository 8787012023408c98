"""What a source holds, drug by drug: numbers of samples, and the measure by label."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.counts import CohortCount
from qkdrp.systems.response.data.fetch import DATASETS, fetch_dataset
from qkdrp.systems.response.data.gene_names import kind_of_names
from qkdrp.systems.response.data.letters import doubt_letters
from qkdrp.systems.response.data.load import list_drugs, load_cohort
from qkdrp.systems.response.data.partners import FOLDER as PARTNERS
from qkdrp.systems.response.data.pdxe import NOTE as PDXE_NOTE
from qkdrp.training.description import Description, Download, OnProgress, TextTable

SIZES = ("drug", "samples", "non-responders", "responders", "genes", "missing")
RANGES = ("drug", "label", "samples", "least", "25%", "median", "75%", "greatest")
COUNTS = ("drug", "non-responders", "responders", "published", "")
"""Columns of the tables."""

WORDS = frozenset({"drug", "label"})


def overview_of_drugs(data: DataConfig, on_progress: OnProgress) -> Description:
    """Return the size of each drug's cohort, and how the measure is distributed over each label.

    Args:
        data: Names the source; its drug does not matter.
        on_progress: Called with the drugs that are read.

    Raises:
        DataError: If the source cannot be read.
    """
    options = data.model_dump(exclude={"source", "drug"}, exclude_unset=True)
    sizes, ranges, notes = list[list[str]](), list[list[str]](), list[str]()
    title, kinds = "", set[str]()
    drugs = list_drugs(data.source)
    for done, drug in enumerate(drugs):
        on_progress("reading", done, len(drugs))
        cohort = load_cohort(data.source, drug, **options)
        name = cohort.drug + (" (SYNTHETIC)" if cohort.synthetic else "")
        sizes.append([name, *_sizes(cohort)])
        ranges.append([name, "R", *_spread(cohort, responder=False)])
        ranges.append(["", "S", *_spread(cohort, responder=True)])
        doubt = doubt_letters(cohort)
        notes += [*cohort.notes, *([doubt.text] if doubt else [])]
        title = f"{cohort.measure.title} by label"
        kinds.add(kind_of_names(cohort.genes).rstrip(","))
    on_progress("reading", len(drugs), len(drugs))
    tables = (
        TextTable(SIZES, sizes, words=WORDS),
        TextTable(RANGES, ranges, title, WORDS),
    )
    return Description(tables, [f"genes are named by {', '.join(sorted(kinds))}", *notes])


def downloads() -> dict[str, Download]:
    """Return what downloads published data, by name."""
    return {name: partial(_download, name) for name in DATASETS}


def _download(name: str, folder: Path, progress: Any) -> Description:  # noqa: ANN401  # of pooch
    """Download data and compare the cohorts with the published ones."""
    description = overview_of_counts(fetch_dataset(name, folder, progress))
    partners = sorted(path.name for path in (folder / PARTNERS).glob("*"))
    told = [f"external cohorts for qkdrp validate in {PARTNERS}: {', '.join(partners)}"]
    notes = [*(told if partners else []), *([PDXE_NOTE] if name == "pdxe" else [])]
    return replace(description, notes=notes)


def overview_of_counts(counts: Sequence[CohortCount]) -> Description:
    """Return downloaded cohorts beside the published ones."""
    rows = []
    for count in counts:
        verdict = "same" if count.found == count.published else "DIFFERENT"
        published = " / ".join(map(str, count.published))
        rows.append([count.drug, *map(str, count.found), published, verdict])
    same = all(count.found == count.published for count in counts)
    return Description((TextTable(COUNTS, rows, words=frozenset(COUNTS)),), as_published=same)


def _sizes(cohort: Cohort) -> list[str]:
    n_responder = int(cohort.responder.sum())
    missing = float(np.isnan(cohort.expression).mean())
    counts = len(cohort), len(cohort) - n_responder, n_responder, len(cohort.genes)
    return [*map(str, counts), f"{missing:.1%}"]


def _spread(cohort: Cohort, *, responder: bool) -> list[str]:
    """Return number, least value, quartiles and greatest of the samples of one label."""
    values = cohort.measured[cohort.responder == responder]
    if not len(values):
        return ["0", *"-----"]
    found = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    return [str(len(values)), *(f"{value:.2f}" for value in found)]
