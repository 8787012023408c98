"""What a trial holds: counts, dose levels, covariates, and its curves as figures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from qkdrp.systems.pkpd.data.export import write_trial
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, ENDPOINTS, Trial
from qkdrp.training.description import Description, TextTable


def overview_of(trial: Trial) -> Description:
    """Return counts, dose levels and covariates of a trial, and what writes its figures."""
    tables = (_counts(trial), _levels(trial), _covariates(trial))

    def write(folder: Path) -> None:
        from qkdrp.systems.pkpd.figures import draw_trial  # matplotlib is slow to import

        draw_trial(folder, trial)
        write_trial(folder, trial)

    return Description(tables, trial.notes, write=write)


def _counts(trial: Trial) -> TextTable:
    units = trial.units
    times = np.concatenate([e.doses.times for e in trial.subjects])
    rows = [
        ("subjects", f"{len(trial)}"),
        ("doses", f"{sum(len(each.doses) for each in trial.subjects)}"),
        ("hours between doses", _intervals(trial)),
        ("dosed until", f"{times.max():g} h" if len(times) else "never"),
    ]
    for name, unit in zip(ENDPOINTS, (units.concentration, units.biomarker), strict=True):
        observed = [each.observations[name] for each in trial.subjects]
        values = np.concatenate([each.values for each in observed])
        values, n = values[~np.isnan(values)], sum(map(len, observed))
        spread = f", {values.min():.3g} to {values.max():.3g} {unit}" if len(values) else ""
        rows.append((f"values of the {name}", f"{n}{spread}"))
        if below := int(sum(each.below.sum() for each in observed)):
            rows.append((f"{name} below quantification", f"{below} ({below / n:.0%})"))
    title = trial.provenance + (" (SYNTHETIC)" if trial.synthetic else "")
    return TextTable(("what", "number"), rows, title, words=frozenset({"what"}))


def _intervals(trial: Trial) -> str:
    """Return the hours between doses, most frequent first."""
    gaps = np.concatenate([np.diff(each.doses.times) for each in trial.subjects])
    found, counts = np.unique(np.round(gaps, 6), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:4]
    return ", ".join(f"{found[place]:g}" for place in order) or "none: single doses"


def _levels(trial: Trial) -> TextTable:
    """Return a row for each dose level: subjects, covariates, and the biomarker's course."""
    levels = trial.dose_levels()
    rows = []
    for level in np.unique(levels):
        group = trial.select(trial.ids[levels == level])
        start = np.array([each.baseline for each in group.subjects])
        rows.append(
            (
                f"{level:g}",
                f"{len(group)}",
                *(f"{group.covariate(name).mean():.2f}" for name in trial.covariates),
                _number(_largest(group, CONCENTRATION)),
                _number(start[~np.isnan(start)]),
                _number(_smallest(group, BIOMARKER)),
                _number(_largest(group, BIOMARKER)),
            )
        )
    columns = (
        f"dose ({trial.units.amount})", "subjects", *(f"mean {each}" for each in trial.covariates),
        "peak conc.", "baseline", "lowest", "highest",
    )  # fmt: skip
    title = "dose levels: means over subjects of the peak concentration, and of the biomarker"
    return TextTable(columns, rows, title)


def _covariates(trial: Trial) -> TextTable:
    rows = []
    for name in trial.covariates:
        values = trial.covariate(name)
        found, counts = np.unique(values, return_counts=True)
        shares = ", ".join(f"{v:g}: {c}" for v, c in zip(found, counts, strict=True))
        quantiles = " ".join(f"{each:.3g}" for each in np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
        rows.append((name, shares if len(found) <= 4 else quantiles))
    title = "covariates: subjects of each value, or minimum, quartiles and maximum"
    return TextTable(("covariate", "values"), rows, title, frozenset({"covariate"}))


def _largest(group: Trial, endpoint: str) -> np.ndarray:
    return _extremes(group, endpoint, np.max)


def _smallest(group: Trial, endpoint: str) -> np.ndarray:
    return _extremes(group, endpoint, np.min)


def _extremes(group: Trial, endpoint: str, of: Callable[[np.ndarray], float]) -> np.ndarray:
    values = [each.observations[endpoint].values for each in group.subjects]
    values = [each[~np.isnan(each)] for each in values]
    return np.array([of(each) for each in values if len(each)])


def _number(values: np.ndarray) -> str:
    return f"{values.mean():.3g}" if len(values) else "-"
