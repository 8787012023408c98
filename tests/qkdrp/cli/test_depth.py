from pathlib import Path

import pytest

from qkdrp.circuits import FAMILIES
from qkdrp.cli import main
from tests.circuits.second_family import Twice


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["depth", *words])
    return int(stop.value.code or 0)


def test_a_report_is_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--spec", "4,1,1", "--spec", "6,1,1", "--devices", "fake_manila", "--seeds", "2"]
    assert run(*words, "--workers", "1", "--output", str(tmp_path / "report")) == 0
    printed = capsys.readouterr().out
    assert "line network" in printed
    assert "qv_logical NOT met" in printed
    assert "left out: (6,1,1) multi ring on fake_manila: The circuit has 6 qubits" in printed
    assert (tmp_path / "report" / "report.html").is_file()
    assert any((tmp_path / "cache").rglob("*.json"))


def test_nothing_is_written_or_kept_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--spec", "2,1,1", "--devices", "fake_manila", "--seeds", "1", "--workers", "1"]
    assert run(*words, "--no-cache", "--recommend", "none", "--no-reduce") == 0
    assert list(tmp_path.iterdir()) == []


def test_circuits_of_other_families(
    capsys: pytest.CaptureFixture[str],
) -> None:
    FAMILIES.register(Twice())
    try:
        words = ["--devices", "fake_manila", "--seeds", "1", "--workers", "1", "--no-cache"]
        assert run("--spec", "twice:3x2", "--spec", "2,1,1,single", *words) == 0
        printed = capsys.readouterr().out
        assert "twice 3x2 on fake_manila: qv_logical" in printed
        assert "(2,1,1) single ring on fake_manila: qv_logical" in printed
        assert run("--spec", "3x2", "--entanglers", "ring", *words) == 2
        assert "the family twice have no entangler" in capsys.readouterr().err
    finally:
        FAMILIES.unregister("twice")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), "give --spec 4,2,1, --grid or --run FOLDER"),
        (("--spec", "four"), "spec 'four'"),
        (("--spec", "4,2,1", "--devices", "fake_nowhere"), "Unknown device 'fake_nowhere'"),
        (("--spec", "4,2,1", "--levels", "3,9"), "levels = [3, 9]"),
        (("--spec", "4,2,1", "--levels", "high"), "whole numbers with commas"),
        (("--spec", "4,2,1", "--entanglers", "star"), "entangler = 'star'"),
        (("--spec", "4,2,1", "--measurements", "all"), "measurement = 'all'"),
        (("--spec", "4,2,1", "--qv", "1"), "quantum volume of 1"),
        (("--spec", "4,2,1", "--min-success", "2"), "limit of success = 2"),
        (("--spec", "4,2,1", "--shots", "0"), "shots = 0"),
        (("--spec", "4,2,1", "--seeds", "0"), "--seeds"),
        (("--run", "nowhere"), "nowhere: is no run folder"),
        (("--spec", "6,2,1", "--devices", "fake_manila"), "fake_manila has 5 connected ones"),
        (("--spec", "4,2,1", "--devices", "fake_manila", "--fractional"), "no fractional gates"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_line(
    words: tuple[str, ...],
    found: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words, "--output", "report") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert found in error
    assert not (tmp_path / "report").exists()


def test_a_folder_that_is_taken_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert run("--spec", "4,2,1", "--output", str(tmp_path)) == 2
    assert "already there" in capsys.readouterr().err
