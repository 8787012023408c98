"""Oral pharmacokinetics and biomarker responses in closed form, differentiable and batched."""

from qkdrp.systems.pkpd.mechanism.curves import (
    Curves,
    biomarker,
    concentration,
    concentration_of,
    curves,
)
from qkdrp.systems.pkpd.mechanism.design import Design
from qkdrp.systems.pkpd.mechanism.disposition import terminal_half_life
from qkdrp.systems.pkpd.mechanism.dosed import (
    DosedByMechanism,
    Law,
    MechanismSubjects,
    Mechanistic,
)
from qkdrp.systems.pkpd.mechanism.grid import offsets
from qkdrp.systems.pkpd.mechanism.schedule import Schedule, late_doses
from qkdrp.systems.pkpd.mechanism.steady import SteadyInterval, steady_state
from qkdrp.systems.pkpd.mechanism.structure import EFFECTS, Effect, Structure

__all__ = [
    "EFFECTS",
    "Curves",
    "Design",
    "DosedByMechanism",
    "Effect",
    "Law",
    "MechanismSubjects",
    "Mechanistic",
    "Schedule",
    "SteadyInterval",
    "Structure",
    "biomarker",
    "concentration",
    "concentration_of",
    "curves",
    "late_doses",
    "offsets",
    "steady_state",
    "terminal_half_life",
]
