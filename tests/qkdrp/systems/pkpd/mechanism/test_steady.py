import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from qkdrp.systems.pkpd.mechanism import (
    Design,
    Schedule,
    Structure,
    curves,
    steady_state,
    terminal_half_life,
)
from qkdrp.systems.pkpd.mechanism.structure import EFFECTS
from tests.qkdrp.systems.pkpd.mechanism.test_curves import VALUES, natural
from tests.qkdrp.systems.pkpd.mechanism.truths import truth

ORACLE = list(
    csv.DictReader((Path(__file__).parent / "steady.csv").read_text("utf-8").splitlines())
)


@pytest.mark.parametrize(
    "row", ORACLE, ids=lambda r: f"{r['truth']}{r['COMED']}-{r['interval_h']}h"
)
def test_the_tabulated_steady_states(row: dict[str, str]) -> None:
    structure, parameters = truth(row["truth"], float(row["BW"]), float(row["COMED"]))
    interval = float(row["interval_h"])
    times = torch.linspace(0, interval, 4001, dtype=torch.float64)
    found = steady_state(structure, parameters, float(row["dose_mg"]), interval, times)
    expected = {
        "Cmax": found.concentration.max(),
        "Ctrough": found.concentration[-1],
        "Rmax": found.biomarker.max(),
        "Rmin": found.biomarker.min(),
        "Rend": found.biomarker[-1],
        "Ctrough_bruteforce": found.concentration[-1],
        "Rend_bruteforce": found.biomarker[-1],
        "terminal_half_life_h": terminal_half_life(structure, parameters),
    }
    for name, value in expected.items():
        assert float(value) == pytest.approx(float(row[name]), rel=1e-4), name


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("interval", [12.0, 168.0])
def test_it_is_where_regular_dosing_ends(effect: str, interval: float) -> None:
    structure = Structure(2, effect)
    parameters = natural(structure)
    n = int(1500 / interval)
    times = torch.linspace(0, interval, 6, dtype=torch.float64)
    doses = Schedule.regular(8.0, interval, n + 1)
    long = curves(structure, parameters, Design.of(doses, times[:-1] + n * interval, 2))
    found = steady_state(structure, parameters, 8.0, interval, times)
    torch.testing.assert_close(found.concentration[:-1], long.concentration, rtol=1e-5, atol=0)
    torch.testing.assert_close(found.biomarker[:-1], long.biomarker, rtol=2e-4, atol=0)


@pytest.mark.parametrize("effect", EFFECTS)
def test_an_interval_ends_as_it_begins(effect: str) -> None:
    structure = Structure(1, effect, hill=True)
    found = steady_state(structure, natural(structure), torch.tensor([1.0, 30.0]), 8.0)
    assert found.biomarker.shape == (2, len(found.times))
    assert found.times[0] == 0
    assert found.times[-1] == 8
    for curve in found[1:]:
        torch.testing.assert_close(curve[:, 0], curve[:, -1])


def test_a_dose_of_nothing_leaves_the_biomarker_at_rest() -> None:
    structure = Structure(2, "I")
    found = steady_state(structure, natural(structure), 0.0, 24.0)
    np.testing.assert_allclose(found.biomarker, VALUES["R0"])
    assert (found.concentration == 0).all()
