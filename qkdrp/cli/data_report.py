"""What ``qkdrp data show`` prints."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from qkdrp.cli.console import console

if TYPE_CHECKING:
    from qkdrp.systems.response.data import Cohort

SIZES = ("drug", "samples", "non-responders", "responders", "genes", "missing")
RANGES = ("drug", "label", "samples", "least", "25%", "median", "75%", "greatest")
"""Columns of the two tables."""

MOST_NOTES = 5
"""Notes that are printed."""


def report_drugs(cohorts: Iterable["Cohort"]) -> None:
    """Print the size of each cohort, and how the measure is distributed over each label."""
    from qkdrp.systems.response.data.gene_names import kind_of_names
    from qkdrp.systems.response.data.letters import doubt_letters

    sizes, ranges = Table(box=SIMPLE_HEAD), Table(box=SIMPLE_HEAD)
    for table, names in ((sizes, SIZES), (ranges, RANGES)):
        for name in names:
            table.add_column(name, justify="left" if name in {"drug", "label"} else "right")
    notes, kinds = list[str](), set[str]()
    for cohort in cohorts:
        drug = cohort.drug + (" (SYNTHETIC)" if cohort.synthetic else "")
        sizes.add_row(drug, *_sizes(cohort))
        ranges.add_row(drug, "R", *_spread(cohort, responder=False))
        ranges.add_row("", "S", *_spread(cohort, responder=True))
        ranges.title = f"{cohort.measure.title} by label"
        kinds.add(kind_of_names(cohort.genes).rstrip(","))
        doubt = doubt_letters(cohort)
        notes += [*cohort.notes, *([doubt.text] if doubt else [])]
    out = console()
    out.print(sizes)
    out.print(ranges)
    out.print(f"names of genes: {', '.join(sorted(kinds))}")
    different = list(dict.fromkeys(notes))
    for note in different[:MOST_NOTES]:
        out.print(f"note: {note}", soft_wrap=True)
    if len(different) > MOST_NOTES:
        out.print(f"note: {len(different) - MOST_NOTES} more such notes on other drugs")


def _sizes(cohort: "Cohort") -> list[str]:
    n_responder = int(cohort.responder.sum())
    missing = float((cohort.expression != cohort.expression).mean())  # NaN
    counts = len(cohort), len(cohort) - n_responder, n_responder, len(cohort.genes)
    return [*map(str, counts), f"{missing:.1%}"]


def _spread(cohort: "Cohort", *, responder: bool) -> list[str]:
    """Return number, least value, quartiles and greatest of the samples of one label."""
    import numpy as np

    values = cohort.measured[cohort.responder == responder]
    if not len(values):
        return ["0", *"-----"]
    found = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    return [str(len(values)), *(f"{value:.2f}" for value in found)]
