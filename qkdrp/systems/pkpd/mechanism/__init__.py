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
from qkdrp.systems.pkpd.mechanism.schedule import Schedule
from qkdrp.systems.pkpd.mechanism.steady import SteadyInterval, steady_state
from qkdrp.systems.pkpd.mechanism.structure import EFFECTS, Effect, Structure

__all__ = [
    "EFFECTS",
    "Curves",
    "Design",
    "Effect",
    "Schedule",
    "SteadyInterval",
    "Structure",
    "biomarker",
    "concentration",
    "concentration_of",
    "curves",
    "steady_state",
    "terminal_half_life",
]
