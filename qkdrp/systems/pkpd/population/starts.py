"""Starting values from the data: any drug, any units."""

import itertools
import math
from collections.abc import Iterator

import torch

from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.panel import Panel

TRIED = 12
"""Starts that are tried at most; the best ones are fitted to the end."""

TURNOVERS = (0.3, 1.0, 3.0)
"""Factors on the first guess of kout."""

POTENCIES = (0.7,)
"""Factors on the first guess of EC50."""

SPLITS = (1.0,)
"""V2 as a multiple of V."""


def starts(structure: Structure, panel: Panel) -> torch.Tensor:
    """Return logarithmic parameters to start from, shape (n_starts, n_parameters).

    Clearance is dose over area of the concentration, the volume from the largest concentration
    after the first dose, EC50 from the geometric mean concentration, R0 from the first
    biomarker, the largest effect from the quantiles of the biomarker.

    Args:
        structure: Of the mechanism.
        panel: The subjects of the trial.
    """
    guess = {**_pharmacokinetic(panel), **_pharmacodynamic(panel)}
    return torch.stack([structure.to_log(each) for each in _variations(structure, guess)])


def _variations(structure: Structure, guess: dict[str, float]) -> Iterator[dict[str, float]]:
    names = structure.parameters
    splits = SPLITS if "V2" in names else (1.0,)
    turnovers = TURNOVERS if "kout" in names else (1.0,)
    for turnover, potency, split in itertools.product(turnovers, POTENCIES, splits):
        yield {
            **guess,
            "kout": guess["kout"] * turnover,
            "EC50": guess["EC50"] * potency,
            "IC50": guess["EC50"] * potency,
            "V2": guess["V"] * split,
            "Q": guess["CL"] * 2.0,
        }


def _pharmacokinetic(panel: Panel) -> dict[str, float]:
    part = panel.slices["concentration"]
    dosed = (panel.dose_amounts > 0).any(1) & panel.seen[:, part].any(1)
    if not dosed.any():
        return {"ka": 1.0, "CL": 1.0, "V": 10.0}
    times, seen = panel.times[dosed][:, part], panel.seen[dosed][:, part]
    values = panel.logs[dosed][:, part].exp()
    total = panel.dose_amounts[dosed].sum(1)
    clearances, volumes = [], []
    for row in range(len(times)):
        t, c = times[row][seen[row]], values[row][seen[row]]
        area = torch.trapezoid(c, t) + c[-1] * (t[-1] - t[0]) * 0.1
        clearances.append(math.log(float(total[row] / area.clamp(min=1e-12))))
        given = panel.dose_amounts[dosed][row]
        volumes.append(math.log(float(given[given > 0].median() / c[: _early(t)].max())))
    clearance, volume = _median(clearances), _median(volumes)
    return {"ka": 1.0, "CL": clearance, "V": volume}


def _early(times: torch.Tensor) -> int:
    """Return how many observations lie before a day has passed, one at least."""
    return max(1, int((times <= times[0] + 24).sum()))


def _pharmacodynamic(panel: Panel) -> dict[str, float]:
    part = panel.slices["biomarker"]
    seen, logs = panel.seen[:, part], panel.logs[:, part]
    with_any = seen.any(1)
    first = seen.int().argmax(1)
    baseline = math.exp(float(logs[torch.arange(len(logs)), first][with_any].median()))
    change = (logs - logs[torch.arange(len(logs)), first].unsqueeze(1))[seen]
    falls = min(0.9, max(0.3, 1.1 * (1 - math.exp(float(change.quantile(0.02))))))
    rises = max(0.5, 1.3 * (math.exp(float(change.quantile(0.98))) - 1))
    concentrations = panel.logs[:, panel.slices["concentration"]]
    known = panel.seen[:, panel.slices["concentration"]]
    middle = math.exp(float(concentrations[known].median())) if known.any() else 1.0
    span = float(panel.times.max())
    kout = 15.0 / max(span, 1e-6)
    return {
        "R0": baseline, "kout": kout, "EC50": middle, "Imax": falls, "Emax": rises, "hill": 1.0,
    }  # fmt: skip


def _median(values: list[float]) -> float:
    return math.exp(sorted(values)[len(values) // 2])
