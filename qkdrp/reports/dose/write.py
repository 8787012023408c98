"""Files of a dose in its folder: record, curve, figures, page."""

from pathlib import Path

import pandas as pd

from qkdrp.common.files import write_bytes, write_csv, write_json
from qkdrp.common.provenance import versions
from qkdrp.reports.dose.figures import curves_at_dose, hysteresis, share_curve, trial_counts
from qkdrp.reports.dose.page import make_page
from qkdrp.reports.page import Figure, write_page
from qkdrp.systems.pkpd.dose.answer import DISCLAIMER
from qkdrp.systems.pkpd.dose.outcome import Outcome

RECORD, CURVE, PAGE, FIGURES = "dose.json", "dose_share.csv", "report.html", "figures"
"""Names of files and folder."""


def write_dose(outcome: Outcome, folder: Path) -> None:
    """Write record, curve of shares, figures and page; the record last.

    Args:
        outcome: The answer and all that is shown beside it.
        folder: Where; made if missing.
    """
    figures = draw(outcome)
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        write_bytes(folder / FIGURES / f"{name}.png", figure.png)
    frame = pd.DataFrame({"dose": outcome.doses, "share": outcome.shares, "note": DISCLAIMER})
    write_csv(folder / CURVE, frame)
    write_page(folder / PAGE, make_page(outcome, figures, versions()))
    write_json(folder / RECORD, outcome.to_json() | {"versions": versions()})


def draw(outcome: Outcome) -> dict[str, Figure]:
    """Return the figures by name: share, curves, hysteresis, and trial where it has counts."""
    figures = {
        "share": Figure.of(
            "Share of subjects that meet the criterion",
            f"{_extrapolates(outcome)}Diamonds: the exact doses; thick lines: 90% intervals over "
            "refits to resampled subjects.",
            share_curve(outcome),
        ),
        "curves": Figure.of(
            "Concentration and biomarker between two doses",
            "Bands hold 90% of the virtual subjects at each time; a subject counts if its whole "
            "curve keeps to the target.",
            curves_at_dose(outcome),
        ),
        "hysteresis": Figure.of(
            "Biomarker against concentration",
            "A loop shows delay: the biomarker follows the concentration late. Arrows show the "
            "course of time.",
            hysteresis(outcome),
        ),
    }
    if outcome.counts:
        figures["trial"] = Figure.of(
            "The trial against the model",
            "Subjects of each dose level that met the criterion in the last interval of the trial, "
            "and the 95% interval of the model with errors of measurement.",
            trial_counts(outcome),
        )
    return figures


def _extrapolates(outcome: Outcome) -> str:
    return "The model extrapolates. " if outcome.answer.extrapolates else ""
