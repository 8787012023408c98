from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from qkdrp.common.files import write_json
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.trial import Trial

DOSES = {"A": 0.0, "B": 5.0, "C": 5.0}


def table_of_three() -> pd.DataFrame:
    """Placebo A, and B and C with two doses; two concentrations and three biomarker values each."""
    rows = []
    for place, (name, dose) in enumerate(DOSES.items()):
        own = {"ID": name, "WT": 60.0 + 10 * place, "SEX": place % 2}
        for time in (0.0, 24.0) if dose else ():
            rows.append({**own, "TIME": time, "DV": 0, "EVID": 1, "AMT": dose, "DVID": 0})
        for time, value in ((1.0, 2.5), (25.0, 3.5)) if dose else ():
            rows.append({**own, "TIME": time, "DV": value, "EVID": 0, "AMT": 0, "DVID": 1})
        for time, value in ((0.0, 9.0), (12.0, 8.0), (36.0, 7.0)):
            rows.append({**own, "TIME": time, "DV": value + place, "EVID": 0, "AMT": 0, "DVID": 2})
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
