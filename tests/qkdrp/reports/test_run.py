import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qkdrp.common.errors import RunError
from qkdrp.reports.run import run_page, write_report
from qkdrp.runs.shared_files import shared_files
from tests.browser import needs_chromium, widths
from tests.qkdrp.conftest import CliResult, snapshot


def test_a_page_is_made_of_the_folder_alone(run: Path) -> None:
    before = snapshot(run)
    page = write_report(run)
    text = page.read_text()
    assert "http" not in text
    assert text.count("data:image/png;base64,") == 3
    for words in ("DrugA, 6 test samples", "ridge", "Losses and validation AUC", "model.n_qubits"):
        assert words in text, words
    after = snapshot(run)
    assert after.pop("report.html") is not None
    assert after == before
    first = page.read_bytes()
    assert write_report(run).read_bytes() == first


def test_missing_figures_are_left_out_and_others_are_shown(run: Path) -> None:
    (run / "figures" / "embedding.png").rename(run / "figures" / "of_mine.png")
    titles = [section.title for section in run_page(run).sections]
    assert "Embedding" not in titles, "nothing is left of it"
    assert titles[-2:] == ["Figures", "Settings"]


def test_a_run_that_came_without_its_rows_has_a_page(run: Path, tmp_path: Path) -> None:
    files = shared_files(run)
    folder = tmp_path / "shared"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    titles = [section.title for section in run_page(folder).sections]
    assert titles[0] == "Scores"


def test_the_command_refuses_what_is_no_run(
    run: Path, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    result = cli("report", run, tmp_path / "nowhere")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert not (run / "report.html").exists(), "nothing is written where one is refused"
    shutil.rmtree(run / "figures")
    (run / "metrics.json").unlink()
    with pytest.raises(RunError, match="did not finish"):
        write_report(run)


@needs_chromium
def test_a_page_is_no_wider_than_its_window(run: Path, tmp_path: Path) -> None:
    found, seen = widths(tmp_path, write_report(run), 500)
    assert found <= seen
