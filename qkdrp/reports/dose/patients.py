"""Files of the doses of single patients: record and one figure for each."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure as Drawing

from qkdrp.common.files import write_bytes, write_json
from qkdrp.common.names import safe_name
from qkdrp.reports.dose.figures import BLUE, GREEN, GREY, ORANGE
from qkdrp.reports.page import Figure
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Subject, Trial
from qkdrp.systems.pkpd.data.units import Units
from qkdrp.systems.pkpd.dose.answer import DISCLAIMER
from qkdrp.systems.pkpd.population.patient import PatientDose

RECORD, FIGURES = "individual.json", "figures"
"""Names of file and folder."""
