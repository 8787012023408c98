from pathlib import Path

import pandas as pd
import pytest

from qkdrp.experiments.depth import reference as depth_reference
from qkdrp.experiments.depth.reference import (
    compare_circuits,
    compare_devices,
    reference,
    to_page,
)


@pytest.fixture(scope="module")
def devices() -> pd.DataFrame:
    return compare_devices()


def test_errors_per_layered_gate_are_the_reference_figures(devices: pd.DataFrame) -> None:
    assert len(devices) == 36
    assert devices["found_percent"].tolist() == devices["reference_percent"].tolist()


def test_circuits_are_within_fifteen_percent(
    devices: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    small = reference("circuits").head(1)
    monkeypatch.setattr(depth_reference, "reference", lambda _: small)
    found = compare_circuits(seeds=2, workers=1)
    assert found["measure"].tolist() == list(depth_reference.MEASURES)
    assert found["best_by_reference"].between(0.85, 1.15).all()
    page = to_page(found, devices)
    assert "36 of 36 are the reference figure" in page
    assert "| (4,2,1) multi | two_qubit_gates | 27 |" in page
