from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.backends.depth.analyse import depth_report, transpiled
from qkdrp.backends.depth.cache import Cache
from qkdrp.circuits import PQCSpec
from qkdrp.experiments.depth.success import (
    SuccessStudy,
    contrast,
    correlations,
    draw,
    run_study,
    to_page,
    values,
)


@pytest.fixture(scope="module")
def study() -> SuccessStudy:
    return SuccessStudy(PQCSpec(2, 1, 1), ("fake_manila", "fake_lima"), points=20, seeds=1)


@pytest.fixture(scope="module")
def table(study: SuccessStudy, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return run_study(study, workers=1)


def test_noise_takes_contrast_on_every_device(table: pd.DataFrame) -> None:
    assert set(table["device"]) == {"fake_manila", "fake_lima"}
    assert (table["contrast"] < 1).all()
    assert (table["contrast"] > 0.5).all()
    assert (table["rms_error"] > 0).all()


def test_correlations_are_those_of_the_table(table: pd.DataFrame) -> None:
    found = correlations(table).set_index(["rows", "estimate"])
    expected = np.corrcoef(table["value_success"], table["contrast"])[0, 1]
    assert found.loc[("all forms", "value_success"), "pearson"] == pytest.approx(expected)
    assert found.loc[("all forms", "value_success"), "n"] == len(table)


def test_contrast_is_the_slope_of_damped_values(rng: np.random.Generator) -> None:
    exact = rng.normal(size=(50, 3))
    assert contrast(exact, 0.8 * exact + 0.1) == pytest.approx(0.8)


def test_forms_of_a_circuit_have_the_same_exact_values(rng: np.random.Generator) -> None:
    report = depth_report(
        [PQCSpec(2, 1, 1)], ["fake_manila"], seeds=(0,), recommend="none", cache=Cache(None),
        workers=1,
    )  # fmt: skip
    angles = rng.uniform(-3, 3, (3, 6))
    found = [values(transpiled(report, row), row.device, angles)[0] for row in report.best]
    for each in found[1:]:
        np.testing.assert_allclose(each, found[0], rtol=0, atol=1e-10)


def test_figure_and_page(table: pd.DataFrame, study: SuccessStudy, tmp_path: Path) -> None:
    draw(table, "test").savefig(tmp_path / "figure.png")
    page = to_page(table, study, "figure", "")
    assert "![measured against estimated loss](figure.png)" in page
    assert page.count("| fake_lima |") == len(table) / 2
