"""A made-up trial of another drug: every 12 h, micrograms and days, a biomarker that rises."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from qkdrp.systems.pkpd.mechanism import Design, Schedule, Structure, curves

SAID: Mapping[str, Any] = {
    "name": "drug X",
    "units": {"time": "d", "amount": "ug", "concentration": "ng/mL", "biomarker": "mU/L"},
    "columns": {"TIME": "DAY"},
    "endpoints": {"concentration": "cp", "biomarker": "renin"},
    "synthetic": True,
}
"""What ``trial.json`` says of it."""

STRUCTURE = Structure(1, "III", 1)
TRUTH = {"ka": 0.9, "CL": 12.0, "V": 60.0, "R0": 30.0, "kout": 0.08, "EC50": 1.2e-3, "Emax": 2.5}
"""Hours, litres, mg; of a man of 50 years with a creatinine clearance of 90 mL/min."""

OMEGA = {"CL": 0.25, "R0": 0.2, "EC50": 0.3}
ERROR = {"cp": 0.3, "renin": 0.1}
LLOQ = 0.25
"""ng/mL: about a fifth of the concentrations are below."""

DOSES = np.arange(0.0, 72.0, 12.0)
TIMES = {
    "cp": np.array([1.0, 3, 8, 12, 36, 61, 64, 72, 76, 80, 84]),
    "renin": np.array([0.0, 6, 12, 36, 60, 72, 96, 120]),
}


def other_drug(seed: int, levels: Mapping[float, int]) -> pd.DataFrame:
    """Simulate the trial; values below the limit are there, and flagged by ``low``.

    Args:
        seed: Of covariates, deviations and errors.
        levels: Subjects of each dose, micrograms.
    """
    rng = np.random.default_rng(seed)
    doses = np.repeat(list(levels), list(levels.values()))
    n = len(doses)
    given = pd.DataFrame({"AGE": rng.integers(25, 75, n), "SEX": rng.permutation(np.arange(n) % 2),
                          "CRCL": rng.integers(40, 125, n)})  # fmt: skip
    natural = {name: np.full(n, value) for name, value in TRUTH.items()}
    natural["CL"] = natural["CL"] * (given["CRCL"].to_numpy() / 90) ** 0.7
    natural["V"] = natural["V"] * np.exp(-0.25 * given["SEX"].to_numpy())
    for name, deviation in OMEGA.items():
        natural[name] = natural[name] * np.exp(deviation * rng.normal(size=n))
    taken = [(DOSES, np.full(len(DOSES), d / 1000)) if d else ([], []) for d in doses]
    times = np.unique(np.concatenate(list(TIMES.values())))
    design = Design.of(Schedule.padded(taken), torch.from_numpy(times))
    found = curves(STRUCTURE, {k: torch.from_numpy(v) for k, v in natural.items()}, design)
    curve = {"cp": 1000 * found.concentration.numpy(), "renin": found.biomarker.numpy()}
    tables = []
    for place, dose in enumerate(doses):
        own = {"SUBJECT": f"X{place + 1:02d}", **given.iloc[place].to_dict()}
        parts = [pd.DataFrame({"DAY": DOSES / 24, "AMT": dose, "EVID": 1})] if dose else []
        for name in TIMES if dose else ["renin"]:
            values = curve[name][place, np.searchsorted(times, TIMES[name])]
            values = values * np.exp(ERROR[name] * rng.normal(size=len(values)))
            parts.append(pd.DataFrame({"DAY": TIMES[name] / 24, "DV": values, "DVID": name}))
        tables.append(pd.concat(parts).assign(**own))
    table = pd.concat(tables, ignore_index=True).fillna({"AMT": 0, "EVID": 0})
    return table.assign(low=(table["DVID"] == "cp") & (table["DV"] < LLOQ))


def censored(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as a laboratory reports it: the limit in place of what is below."""
    low = table["low"]
    reported = table.assign(DV=table["DV"].where(~low, LLOQ), CENS=low.astype(int), LLOQ=LLOQ)
    return reported.drop(columns="low")
