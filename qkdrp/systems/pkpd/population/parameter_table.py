"""Tables of a fit: parameters with standard errors, variability with shrinkage, structures."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from qkdrp.systems.pkpd.population.fit import PopulationFit
from qkdrp.systems.pkpd.population.model import PopulationModel
from qkdrp.systems.pkpd.population.structures import Compared

LEVEL = 0.9
"""Share of refits within the interval of a parameter."""

COLUMNS = ("kind", "parameter", "estimate", "rse_percent", "low", "high", "shrinkage_percent")
"""``kind`` is typical, covariate, variability or residual; ``low`` and ``high`` are of refits."""


def parameter_table(fit: PopulationFit, refits: Sequence[PopulationModel] = ()) -> pd.DataFrame:
    """Return all population parameters, a row each; columns are :data:`COLUMNS`.

    Typical values are natural ones (Imax a share), variability is the standard deviation of the
    logarithm. Relative standard errors come from the observed information of the likelihood. That
    of a parameter on a logarithmic scale is the standard error of its logarithm; that of Imax is
    multiplied by 1 - Imax. Shrinkage is 1 - SD(eta) / omega over the subjects.

    Args:
        fit: The fit.
        refits: To resampled subjects, for intervals.
    """
    errors = np.sqrt(np.clip(np.diag(fit.covariance.numpy()), 0.0, None))
    bounds = _bounds(fit.model, refits)
    rows = []
    for place, (kind, name, value) in enumerate(named_values(fit.model)):
        low, high = bounds[place] if bounds is not None else (np.nan, np.nan)
        rse = 100 * _relative(kind, name, value, errors[place])
        shrinkage = _shrinkage(fit, name) if kind == "variability" else np.nan
        rows.append((kind, name, value, rse, low, high, shrinkage))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def named_values(model: PopulationModel) -> list[tuple[str, str, float]]:
    """Return kind, name and value of all estimated parameters, in the order of a fit."""
    return [
        *(("typical", name, value) for name, value in _natural(model).items()),
        *(
            ("covariate", f"{each.covariate} on {each.parameter}", each.coefficient)
            for each in model.effects
            if each.estimated
        ),
        *(
            ("variability", name, deviation)
            for name, deviation in zip(model.parameters, model.omega, strict=True)
            if deviation > 0
        ),
        *(("residual", name, value) for name, value in model.sigma.items()),
    ]


def structure_table(compared: Sequence[Compared]) -> pd.DataFrame:
    """Return structures with their likelihoods, the best first."""
    least = min((each.bic for each in compared), default=0.0)
    rows = [
        (each.structure.label, each.objective, each.n_parameters, each.bic, each.bic - least,
         each.chosen) for each in compared
    ]  # fmt: skip
    names = ["structure", "minus_2_log_likelihood", "n_parameters", "bic", "delta_bic", "chosen"]
    return pd.DataFrame(rows, columns=names)


def decision_table(fit: PopulationFit) -> pd.DataFrame:
    """Return what was tried for variability and covariates, in its order."""
    rows = [(each.what, each.change, each.taken) for each in fit.decisions]
    return pd.DataFrame(rows, columns=["tried", "change_of_minus_2_log_likelihood", "taken"])


def fit_doubts(fit: PopulationFit) -> list[str]:
    """Return what makes a fit doubtful, a line each."""
    found = []
    if not fit.converged:
        found.append("the population fit did not come to rest; read standard errors with care")
    table = parameter_table(fit)
    vague = table[(table["kind"] == "typical") & (table["rse_percent"] > 50)]
    if len(vague):
        names = ", ".join(vague["parameter"])
        found.append(f"the trial hardly determines {names}: relative standard error above 50%")
    shrunk = table[table["shrinkage_percent"] > 40]
    if len(shrunk):
        names = ", ".join(shrunk["parameter"])
        found.append(f"individual values of {names} are shrunk by more than 40%: do not plot them")
    return found


def _natural(model: PopulationModel) -> dict[str, float]:
    values = model.structure.to_natural(torch.tensor(model.intercepts, dtype=torch.float64))
    return {name: float(value) for name, value in values.items()}


def _relative(kind: str, name: str, value: float, error: float) -> float:
    if kind == "covariate":
        return float(abs(error / value)) if value else float("nan")
    return error * (1 - value) if name == "Imax" and kind == "typical" else error


def _shrinkage(fit: PopulationFit, name: str) -> float:
    place = fit.model.parameters.index(name)
    return 100 * (1 - float(fit.eta[:, place].std()) / fit.model.omega[place])


def _bounds(model: PopulationModel, refits: Sequence[PopulationModel]) -> np.ndarray | None:
    """Return the interval of each parameter over refits, shape (n, 2); None without."""
    names = [(kind, name) for kind, name, _ in named_values(model)]
    found = [{(kind, name): value for kind, name, value in named_values(each)} for each in refits]
    if not found:
        return None
    table = np.array([[each.get(name, 0.0) for name in names] for each in found])
    quantiles: np.ndarray = np.quantile(table, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return quantiles.T
