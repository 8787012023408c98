from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.files import write_json
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.trial import Trial
from tests.qkdrp.systems.pkpd.other_drug import SAID, censored, other_drug

DOSES = {"A": 0.0, "B": 5.0, "C": 5.0}


def table_of_three() -> pd.DataFrame:
    """Placebo A, and B and C with two doses; two concentrations and three biomarker values each."""
    rows = []
    for place, (name, dose) in enumerate(DOSES.items()):
        own = {"ID": name, "WT": 60.0 + 10 * place, "SEX": place % 2}
        rows += [
            {**own, "TIME": time, "DV": 0, "EVID": 1, "AMT": dose, "DVID": 0}
            for time in ((0.0, 24.0) if dose else ())
        ]
        seen = [(1, 1.0, 2.5), (1, 25.0, 3.5)] if dose else []
        seen += [(2, 0.0, 9.0 + place), (2, 12.0, 8.0 + place), (2, 36.0, 7.0 + place)]
        rows += [
            {**own, "TIME": time, "DV": value, "EVID": 0, "AMT": 0, "DVID": number}
            for number, time, value in seen
        ]
    table = pd.DataFrame(rows)
    return table.sort_values(
        ["ID", "TIME", "EVID"], ascending=[True, True, False], ignore_index=True
    )


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a table, and ``trial.json`` beside it where something is said."""

    def written(table: pd.DataFrame, said: Mapping[str, Any] | None = None) -> Path:
        path = tmp_path / "data" / "trial.csv"
        path.parent.mkdir(exist_ok=True)
        table.to_csv(path, index=False)
        if said is not None:
            write_json(path.with_name("trial.json"), dict(said))
        return path

    return written


@pytest.fixture(scope="session")
def estdata() -> Trial:
    return load_trial()


def other_trial(rng: np.random.Generator) -> pd.DataFrame:
    """Another drug: every 12 h for three days, in hours and micrograms, a biomarker that rises.

    Covariates are age, weight and kidney function; some subjects drop out; concentrations below
    0.05 ng/mL are flagged; times differ between subjects.
    """
    table = pd.concat([_other_subject(number, rng) for number in range(20)])
    table = table.fillna({"CENS": 0})
    return table.sort_values(["USUBJID", "TIME", "EVID"], ascending=[True, True, False])


def _other_subject(number: int, rng: np.random.Generator) -> pd.DataFrame:
    dose = (0, 20, 60, 120)[number % 4]
    slow = float(np.exp(rng.normal(0, 0.2)))
    given = pd.DataFrame({"TIME": 12.0 * np.arange(6), "EVID": 1, "AMT": dose, "YTYPE": "."})
    times = np.array([0.5, 2, 6, 11.5, 24.25, 60.5, 72, 95.5])
    drug = dose / 50 * np.exp(-0.08 * slow * (times % 12)) * np.where(times < 72, 1, 0.02)
    low = (drug < 0.05).astype(int)
    pk = pd.DataFrame({"TIME": times, "DV": np.maximum(drug, 0.05).round(4), "EVID": 0, "AMT": 0,
                       "YTYPE": "1", "CENS": low})  # fmt: skip
    times = np.array([0.0, 4, 12, 36, 72 + number % 3, 95])
    rise = 100 * (1 + dose / 100 * (1 - np.exp(-times / 20)))
    marker = (rise * np.exp(rng.normal(0, 0.05, len(times)))).round(2)
    pd_rows = pd.DataFrame({"TIME": times, "DV": marker, "EVID": 0, "AMT": 0, "YTYPE": "2"})
    rows = pd.concat([*([given, pk] if dose else []), pd_rows])
    rows = rows[rows["TIME"] <= (96 if number % 5 else 50)]
    own = {"AGE": 30 + number, "WEIGHT": 55.5 + number, "CRCL": 60 + 2 * number}
    return rows.assign(USUBJID=f"S{number + 1:03d}", **own)


OTHER_UNITS = {"amount": "ug", "concentration": "ng/mL", "biomarker": "U/L"}


@pytest.fixture(scope="session")
def drug_x(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of a small trial of another drug, with ``trial.json`` beside it."""
    folder = tmp_path_factory.mktemp("drug-x")
    table = censored(other_drug(1, {0: 2, 60: 4, 180: 4, 540: 4}))
    table.to_csv(folder / "trial.csv", index=False)
    write_json(folder / "trial.json", dict(SAID))
    return folder / "trial.csv"
