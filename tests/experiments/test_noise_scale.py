from pathlib import Path

import pytest

from qkdrp.experiments.noise_scale import NoiseStudy, draw, run_study, to_markdown, write_page
from tests.qkdrp.conftest import DRUGS, make_tables


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tables().write(tmp_path_factory.mktemp("study") / "data")


def test_a_study_has_a_row_for_each_training_and_scale(source: Path, tmp_path: Path) -> None:
    noise = "depolarizing:p1=0.01,p2=0.02,readout=0.05"
    study = NoiseStudy(
        str(source), DRUGS[0], noise, scales=(0.0, 1.0), seeds=(0,), epochs=1, threads=1
    )
    steps: list[str] = []
    table = run_study(study, tmp_path, steps.append)
    assert table["scale"].tolist() == [0.0, 1.0] * 2
    assert len(steps) == 2 * (1 + 2)
    exact = table["scale"] == 0
    assert (table.loc[exact, "value_shift"] < 1e-8).all()
    assert (table.loc[~exact, "value_shift"] > 1e-3).all()
    for _, rows in table.groupby("training"):
        assert rows["value_shift"].is_monotonic_increasing
    write_page(table, study, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert to_markdown(table) in page
    assert "page.png" in page
    assert len(to_markdown(table).splitlines()) == 2 + len(table)
    assert len(draw(table, "title").axes) == 3
