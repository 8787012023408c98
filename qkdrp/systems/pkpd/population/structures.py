"""Structures compared by their likelihood: compartments, and how the drug acts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import torch

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.mechanism import EFFECTS, Effect, Structure
from qkdrp.systems.pkpd.population.fit import PopulationFit, fit_population
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.panel import Panel

FALLING: tuple[Effect, ...] = ("I", "IV", "direct")
RISING: tuple[Effect, ...] = ("III", "II", "direct")
"""Effects that lower and that raise a biomarker, the usual one first."""

OnStage = Callable[[str], None]
"""Called with the name of what begins."""


@dataclass(frozen=True)
class Compared:
    """One structure of the comparison.

    Args:
        structure: What was fitted, with variability of every parameter and no covariates.
        objective: -2 log likelihood.
        n_parameters: Estimated population parameters.
        bic: -2 log likelihood plus log(n_subjects) for each of them.
        chosen: Whether it is the best by this criterion.
    """

    structure: Structure
    objective: float
    n_parameters: int
    bic: float
    chosen: bool = False


def rises(panel: Panel) -> bool:
    """Return whether the biomarker rises under the drug, by how it follows the dose.

    The mean change of its logarithm since the first observation of a subject is compared between
    the upper and the lower half of subjects by total dose.
    """
    part = panel.slices["biomarker"]
    logs, seen = panel.logs[:, part], panel.seen[:, part]
    first = seen.int().argmax(1, keepdim=True)
    change = torch.where(seen, logs - logs.gather(1, first), 0.0).sum(1)
    change = change / seen.sum(1).clamp(min=1)
    total = panel.dose_amounts.sum(1)
    high = total > total.median() if (total > total.median()).any() else total > 0
    if high.all():
        return bool(change.mean() > 0)
    return bool(change[high].mean() > change[~high].mean())


def compare(
    material: Material, on_stage: OnStage = lambda _: None
) -> tuple[Structure, tuple[Compared, ...]]:
    """Return the best structure and the table of all that were tried.

    Compartments are compared first, with an indirect effect on production; then the other effects
    of the same direction, with the better number of compartments.

    Args:
        material: The subjects.
        on_stage: Called with the name of what begins.
    """
    up = rises(material.panel)
    effects = RISING if up else FALLING
    table: dict[Structure, PopulationFit] = {}

    def fit(structure: Structure) -> float:
        on_stage(f"structure: {structure.label}")
        table[structure] = fit_population(material, structure, select=False)
        return table[structure].bic

    sign = 1 if up else -1
    compartments = min((2, 1), key=lambda n: fit(Structure(n, effects[0], sign)))
    for effect in effects[1:]:
        fit(Structure(compartments, effect, sign))
    rows = [
        Compared(each, found.objective, found.specification.n_estimated, found.bic)
        for each, found in table.items()
    ]
    best = min(rows, key=lambda row: row.bic)
    ordered = sorted(rows, key=lambda row: row.bic)
    return best.structure, tuple(replace(row, chosen=row is best) for row in ordered)


AUTOMATIC = "auto"
"""Name that asks for the comparison."""


def structure_named(name: str) -> Structure | None:
    """Return the structure of a short name such as ``2-I`` or ``1-direct-rising``; None for auto.

    Raises:
        ConfigError: If the name says something else.
    """
    if name == AUTOMATIC:
        return None
    compartments, _, effect = name.partition("-")
    effect, _, direction = effect.partition("-")
    if compartments not in {"1", "2"} or effect not in EFFECTS or direction not in {"", "rising"}:
        raise ConfigError(
            f"structure {name!r}: expected {AUTOMATIC}, or compartments and effect such as 2-I, "
            f"1-III, 2-direct or 2-direct-rising; effects are {', '.join(EFFECTS)}."
        )
    return Structure(int(compartments), cast("Effect", effect), 1 if direction else -1)


def short_name(structure: Structure) -> str:
    """Return the name that :func:`structure_named` reads.

    Example:
        >>> short_name(Structure(1, "direct", 1)), short_name(Structure(2, "III", 1))
        ('1-direct-rising', '2-III')
    """
    rising = "-rising" if structure.effect == "direct" and structure.direct_sign > 0 else ""
    return f"{structure.compartments}-{structure.effect}{rising}"
