"""What ``qkdrp data show`` prints."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.progress import track
from rich.table import Table

from qkdrp.cli.console import console

if TYPE_CHECKING:
    from qkdrp.systems.response.data import Cohort

SIZES = ("drug", "samples", "non-responders", "responders", "genes", "missing")
RANGES = ("drug", "label", "samples", "least", "25%", "median", "75%", "greatest")
"""Columns of the two tables."""


def report_drugs(cohorts: Iterable["Cohort"]) -> None:
    """Print the size of each cohort, and how ln IC50 is distributed over each label."""
    from qkdrp.systems.response.data.letters import doubt_letters

    sizes, ranges = Table(box=SIMPLE_HEAD), Table(title="ln IC50 by label", box=SIMPLE_HEAD)
    for table, names in ((sizes, SIZES), (ranges, RANGES)):
        for name in names:
            table.add_column(name, justify="left" if name in {"drug", "label"} else "right")
    doubts = []
    for cohort in track(cohorts, "reading", transient=True):
        drug = cohort.drug + (" (SYNTHETIC)" if cohort.synthetic else "")
        sizes.add_row(drug, *_sizes(cohort))
        ranges.add_row(drug, "R", *_spread(cohort, responder=False))
        ranges.add_row("", "S", *_spread(cohort, responder=True))
        doubts.append(doubt_letters(cohort))
    out = console()
    out.print(sizes)
    out.print(ranges)
    for doubt in filter(None, doubts):
        out.print(f"note: {doubt.text}", soft_wrap=True)


def _sizes(cohort: "Cohort") -> list[str]:
    n_responder = int(cohort.responder.sum())
    missing = float((cohort.expression != cohort.expression).mean())  # NaN
    counts = len(cohort), len(cohort) - n_responder, n_responder, len(cohort.genes)
    return [*map(str, counts), f"{missing:.1%}"]


def _spread(cohort: "Cohort", *, responder: bool) -> list[str]:
    """Return number, least value, quartiles and greatest of the samples of one label."""
    import numpy as np

    values = cohort.ln_ic50[cohort.responder == responder]
    if not len(values):
        return ["0", *"-----"]
    found = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    return [str(len(values)), *(f"{value:.2f}" for value in found)]
