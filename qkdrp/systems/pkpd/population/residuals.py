"""Residuals of a population model (CWRES) and percentiles for visual predictive checks."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.mechanism import Mechanistic
from qkdrp.systems.pkpd.population.curves import log_curves_of, slopes_of
from qkdrp.systems.pkpd.population.individual import random_effects
from qkdrp.systems.pkpd.population.panel import Panel, panel_of

QUANTILES = (0.05, 0.5, 0.95)
"""Percentiles of a visual predictive check."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """A trial simulated many times from a model, on its own design.

    Args:
        panel: The observed trial.
        levels: Dose level of each subject, shape (n_subjects,).
        logs: Simulated logarithms, shape (n_trials, n_subjects, n_slots).
    """

    panel: Panel
    levels: np.ndarray
    logs: torch.Tensor


def residual_table(population: Mechanistic, trial: Trial, typical: torch.Tensor) -> pd.DataFrame:
    """Return PRED, IPRED, IWRES and CWRES of every measured value.

    CWRES are residuals about the linearised model at the individual's parameters, decorrelated by
    its variance: normal with variance 1 where the model holds (Hooker, Staatz and Karlsson 2007).

    Args:
        population: The model.
        trial: Subjects.
        typical: Their logarithmic parameters without random effects, (n_subjects, n_parameters).

    Returns:
        Columns subject, endpoint, time, measured, pred, ipred, iwres, cwres.
    """
    panel = panel_of(trial)
    found = random_effects(population.structure, panel, typical, population.omega, population.sigma)
    pred = log_curves_of(population.structure, typical, panel)
    ipred, slopes = slopes_of(population.structure, found.phi, panel)
    sigma = torch.tensor([population.sigma[name] for name in ENDPOINTS], dtype=torch.float64)
    scale = sigma[panel.endpoint].expand_as(ipred)
    used = panel.seen & ~panel.below
    expected = ipred - (slopes @ found.eta.unsqueeze(-1)).squeeze(-1)
    omega = torch.as_tensor(population.omega, dtype=torch.float64)
    cwres = torch.full_like(ipred, torch.nan)
    for row, slots in enumerate(used):
        spread = slopes[row, slots] * omega
        variance = spread @ spread.T + torch.diag(scale[row, slots].square())
        gap = (panel.logs[row, slots] - expected[row, slots]).unsqueeze(-1)
        lower = torch.linalg.cholesky(variance)
        cwres[row, slots] = torch.linalg.solve_triangular(lower, gap, upper=False).squeeze(-1)
    subject, slot = torch.nonzero(used, as_tuple=True)
    return pd.DataFrame(
        {
            "subject": trial.ids[subject.numpy()],
            "endpoint": np.array(ENDPOINTS)[panel.endpoint[slot].numpy()],
            "time": panel.times[subject, slot].numpy(),
            "measured": panel.logs[subject, slot].exp().numpy(),
            "pred": pred[subject, slot].exp().numpy(),
            "ipred": ipred[subject, slot].exp().numpy(),
            "iwres": ((panel.logs - ipred) / scale)[subject, slot].numpy(),
            "cwres": cwres[subject, slot].numpy(),
        }
    )


def simulate(
    population: Mechanistic, trial: Trial, typical: torch.Tensor, n_trials: int, seed: int
) -> Simulated:
    """Simulate a trial many times, with variability between subjects and residual error.

    Args:
        population: The model.
        trial: Its design: doses, times and covariates stay.
        typical: Logarithmic parameters of the subjects without random effects.
        n_trials: How many.
        seed: Of random effects and errors.
    """
    panel, rng = panel_of(trial), np.random.default_rng(seed)
    omega = torch.as_tensor(population.omega, dtype=torch.float64)
    sigma = torch.tensor([population.sigma[name] for name in ENDPOINTS], dtype=torch.float64)
    eta = torch.from_numpy(rng.standard_normal((n_trials, *typical.shape))) * omega
    many = panel.take(torch.arange(len(panel)).repeat(n_trials))
    logs = log_curves_of(population.structure, (typical + eta).flatten(0, 1), many)
    noise = torch.from_numpy(rng.standard_normal(logs.shape)) * sigma[panel.endpoint]
    return Simulated(
        panel, trial.dose_levels(), (logs + noise).unflatten(0, (n_trials, len(panel)))
    )


def predictive_check(simulated: Simulated) -> pd.DataFrame:
    """Return observed percentiles with the 95% interval of simulated ones, by dose and time.

    Percentiles are of the subjects of a dose level at a nominal time. Where an endpoint has values
    below its limit of quantification, they stand at the limit, and so do simulated ones.

    Returns:
        Columns endpoint, dose, time, quantile, observed, low, median, high.
    """
    rows = []
    panel = simulated.panel
    for endpoint, part in panel.slices.items():
        limit = _limit(panel, part)
        for dose in np.unique(simulated.levels):
            group = torch.from_numpy(simulated.levels == dose)
            seen = panel.seen[group][:, part]
            times, logs = panel.times[group][:, part], panel.logs[group][:, part].clamp(min=limit)
            drawn = simulated.logs[:, group][:, :, part].clamp(min=limit)
            for time in torch.unique(times[seen]).tolist():
                here = seen & (times == time)
                real = np.quantile(logs[here].numpy(), QUANTILES)
                made = np.quantile(drawn[:, here].numpy(), QUANTILES, axis=1)
                spread = np.exp(np.quantile(made, [0.025, 0.5, 0.975], axis=1))
                rows += [
                    (endpoint, dose, time, level, float(np.exp(real[k])), *spread[:, k])
                    for k, level in enumerate(QUANTILES)
                ]
    names = ["endpoint", "dose", "time", "quantile", "observed", "low", "median", "high"]
    return pd.DataFrame(rows, columns=names)


def _limit(panel: Panel, part: slice) -> float:
    """Return the logarithm of the largest limit that values are below; -inf for none."""
    below = panel.below[:, part] & panel.seen[:, part]
    return float(panel.logs[:, part][below].max()) if below.any() else -float("inf")
