"""Files of the doses of single patients: a record, and a figure for each."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qkdrp.common.files import write_bytes, write_json
from qkdrp.reports.dose.figures import BLUE, GREEN, GREY, ORANGE
from qkdrp.systems.pkpd.data.trial import BIOMARKER, ENDPOINTS, Subject, Trial
from qkdrp.systems.pkpd.dose.answer import DISCLAIMER
from qkdrp.systems.pkpd.mechanism import Curves
from qkdrp.systems.pkpd.population.patient import PatientDose

RECORD, FIGURES = "individual.json", "figures"
"""Names of file and folder."""

DPI = 150
"""Of figures."""


def write_patients(doses: Sequence[PatientDose], trial: Trial, folder: Path) -> None:
    """Write the figures of patients, by their number in the table, and the record last.

    Args:
        doses: One for each patient.
        trial: The table of patients.
        folder: Where; made if missing.
    """
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    names = [f"patient_{number + 1}.png" for number in range(len(doses))]
    for name, each, subject in zip(names, doses, trial.subjects, strict=True):
        image = BytesIO()
        draw_patient(each, subject, trial).savefig(image, format="png", dpi=DPI)
        write_bytes(folder / FIGURES / name, image.getvalue())
    patients = [
        {**each.to_json(), "figure": f"{FIGURES}/{name}"}
        for name, each in zip(names, doses, strict=True)
    ]
    write_json(folder / RECORD, {"patients": patients, "note": DISCLAIMER})


def draw_patient(dose: PatientDose, subject: Subject, trial: Trial) -> Figure:
    """Draw samples on the patient's curves (left), and the band at the found dose (right)."""
    figure = Figure(figsize=(9.0, 5.6), layout="constrained")
    words = DISCLAIMER + (" SYNTHETIC DATA." if trial.synthetic else "")
    figure.suptitle(f"{dose}\n{words}", x=0.99, ha="right", fontsize=7, color=GREY)
    panels = figure.subplots(2, 2, sharey="row", width_ratios=(3, 2))
    units = {"concentration": trial.units.concentration, "biomarker": trial.units.biomarker}
    criterion, found = dose.answer.criterion, dose.answer.found
    for place, name in enumerate(ENDPOINTS):
        color = (BLUE, GREEN)[place]
        left, right = panels[place]
        _so_far(left, dose.curves.so_far, subject, name, color)
        _at_dose(right, dose.curves.at_dose, name, color)
        left.set(ylabel=f"{name} ({units[name]})", ylim=(0, None))
        if name == BIOMARKER:
            left.axhline(criterion.target, color=ORANGE, linestyle="--")
            right.axhline(criterion.target, color=ORANGE, linestyle="--", label="target")
        for axes in (left, right):
            axes.legend(loc="best", fontsize=8)
    panels[1][0].set_xlabel("hours")
    panels[1][1].set_xlabel("hours after a dose, at steady state")
    panels[0][0].set_title("so far", fontsize=10)
    reached = "" if found.reached else " (the greatest that was tried)"
    title = f"{found.shown:g} mg every {criterion.interval:g} h{reached}"
    panels[0][1].set_title(title, fontsize=10)
    return figure


def _so_far(axes: Axes, curves: Curves, subject: Subject, name: str, color: str) -> None:
    """Draw samples, those below the limit of quantification at it, and the most probable curve."""
    axes.plot(curves.times.numpy(), getattr(curves, name).numpy(), color=color, label="patient")
    observed = subject.observations[name]
    axes.plot(observed.times, observed.values, "o", color=GREY, markersize=4, label="samples")
    if observed.below.any():
        at = observed.times[observed.below]
        limits = np.asarray(observed.limit)[observed.below]
        axes.plot(at, limits, "v", color=GREY, markersize=4, label="below the limit")


def _at_dose(axes: Axes, bands: Curves, name: str, color: str) -> None:
    """Draw the median and the band of 90% of what samples leave open."""
    times, (low, middle, high) = bands.times.numpy(), getattr(bands, name).numpy()
    axes.fill_between(times, low, high, color=color, alpha=0.2, label="90% of what is open")
    axes.plot(times, middle, color=color, label="median")
