import json
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qkdrp.backends.depth.analyse import depth_report
from qkdrp.backends.depth.cache import Cache
from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.depth.rules import RULES
from qkdrp.circuits import PQCSpec
from qkdrp.reports.depth import figures
from qkdrp.reports.depth.summary import estimate_frame, shown
from qkdrp.reports.depth.write import FIGURES, GAINS, PAGE, RECORD, TABLE, write_report
from tests.browser import needs_chromium, widths


@pytest.fixture(scope="module")
def report() -> DepthReport:
    return depth_report(
        [PQCSpec(4, 1, 1), PQCSpec(6, 1, 1)], [FakeManilaV2()], seeds=(0, 1), cache=Cache(None),
        workers=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(report: DepthReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("depth") / "report"
    write_report(report, path)
    return path


def test_every_file_is_there_and_nothing_else(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {TABLE, GAINS, RECORD, PAGE, FIGURES}
    names = {path.name for path in (folder / FIGURES).iterdir()}
    assert names == {"success.png", "volume.png", "layout.png", "circuit.png"}


def test_the_table_has_a_line_for_each_row(folder: Path, report: DepthReport) -> None:
    table = pd.read_csv(folder / TABLE)
    assert len(table) == len(report.rows)
    assert {"circuit", "form", "device", "trial.two_qubit_gates", "value_success"} <= set(table)


def test_the_record_says_with_what_it_was_made(folder: Path) -> None:
    record = json.loads((folder / RECORD).read_text())
    assert record["versions"]["qiskit"]
    assert record["devices"]["fake_manila"]["calibrated"]
    assert record["seeds"] == [0, 1]
    assert record["skipped"][0]["circuit"] == "(6,1,1) multi ring"


def test_figures_are_drawn(folder: Path) -> None:
    paths = list((folder / FIGURES).iterdir())
    assert len(paths) == 4
    for path in paths:
        with Image.open(path) as picture:
            assert min(picture.size) > 100
            assert len(picture.convert("L").getcolors(256)) > 10


def test_the_page_stands_alone_and_says_what_was_left_out(folder: Path) -> None:
    html = (folder / PAGE).read_text()
    assert html.count("data:image/png;base64,") == 4
    assert "http" not in html
    assert "(6,1,1) multi ring fake_manila: The circuit has 6 qubits" in html


@needs_chromium
@pytest.mark.parametrize("window", [500, 1200])
def test_the_page_is_no_wider_than_its_window(folder: Path, tmp_path: Path, window: int) -> None:
    found, seen = widths(tmp_path, folder / PAGE, window)
    assert found <= seen


def test_a_long_circuit_is_not_drawn(report: DepthReport, monkeypatch: pytest.MonkeyPatch) -> None:
    from qkdrp.backends.depth.analyse import transpiled

    monkeypatch.setattr(figures, "MOST_DRAWN", 10)
    assert figures.circuit_drawing(transpiled(report, report.top())) is None


def test_no_rule_takes_the_place_of_a_number(report: DepthReport) -> None:
    """A rule is called success, and so is a number."""
    frame = estimate_frame(report)
    assert frame["success"].tolist() == [row.trial.success for row in shown(report)]
    marks = {f"meets {name}" for name in RULES}
    assert marks <= set(frame)
    assert frame[sorted(marks)].isin(["yes", "no", "?"]).all(axis=None)
