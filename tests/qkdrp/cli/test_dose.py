import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.dose.model import DoseSource
from tests.qkdrp.conftest import CliResult

MODEL = TRUTHS["truth-a"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder whose model is the truth that its trial was simulated from."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    refits = tuple(replace(MODEL, natural={**MODEL.natural, "IC50": value}) for value in (0.4, 0.6))
    source = DoseSource(MODEL, load_trial("truth-a"), refits, "truth-a")
    monkeypatch.setattr("qkdrp.cli.dose_sources.dose_source", lambda *_, **__: source)
    return folder


ASK = ("--target", "7", "--subjects", "256")


def test_a_dose_in_words_and_files(
    cli: Callable[..., CliResult], run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "dose"
    words = ("--population", "bw=uniform:70,140", "comed=0", "--cmax", "9", "--loading")
    result = cli("dose", run, *ASK, "--interval", "168", "--grid", "5", *words, "--output", folder)
    assert result.code == 0, result.err
    assert "For research, not for treatment." in result.out
    assert "90% interval" in result.out
    assert "of subjects exceed 9 mg/L" in result.out
    assert "check    WARNING: the trial dosed every 24 h, not every 168 h" in result.out
    record = json.loads((folder / "dose.json").read_text())
    assert record["population"]["covariates"] == {"BW": "uniform:70,140", "COMED": "0"}
    assert record["dose"] == pytest.approx(365, rel=0.2)  # 256 subjects


def test_the_five_questions(cli: Callable[..., CliResult], run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    options = ("--fractions", "0.9", "--schedule", "24:1", "--scenario", "none: comed=0")
    result = cli("experiment", "pkpd-doses", run, *ASK, *options, "--output", folder)
    assert result.code == 0, result.err
    assert "For research, not for treatment." in result.out
    assert "none  daily  truth-a" in result.out
    assert (folder / "report.html").is_file()


def test_shortcuts_of_the_published_optimiser(
    cli: Callable[..., CliResult], run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "dose"
    result = cli("dose", run, *ASK, "--pnu-compat", "--window", "steady", "--output", folder)
    assert result.code == 0, result.err
    assert "pd_scaler=pk is left out" in result.out + result.err
    assert "shortcut criterion=min: one moment of the interval is enough" in result.out
    assert "shortcut window" not in result.out
    record = json.loads((folder / "dose.json").read_text())
    assert record["shortcuts"] == {
        "criterion": "min", "caps": "pnu", "population": "trial", "variability": "none",
    }  # fmt: skip
    assert "With shortcuts of a published optimiser" in (folder / "report.html").read_text()
    result = cli("dose", run, *ASK, "empirical", "--pnu-compat")
    assert result.code == 0, result.err
    assert "shortcut population" not in result.out
    study = tmp_path / "study"
    options = ("--fractions", "0.9", "--pnu-compat", "--schedule", "168:5")
    result = cli("experiment", "pkpd-doses", run, "--target", "7", *options, "--output", study)
    assert result.code == 0, result.err
    assert "where 90% was asked, on a grid that ends at 70 mg" in result.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pd-scaler", "pk"), "no scalers of features"),
        (("--caps", "pnu", "--interval", "12"), "24 and 168 h, not every 12 h"),
        (("--fraction", "90"), "share between 0 and 1"),
        (("--interval", "0"), "interval is a number above 0"),
        (("--grid", "-1"), "grid is a number above 0"),
        (("--population", "weight=70"), "expected NAME=VALUES with a name of BW, COMED"),
        (("--population", "bw=uniform:140,70"), "first number must be below"),
        (("comed=often",), "expected a number or one of"),
        (("--direction", "beside"), "beside"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    cli: Callable[..., CliResult], run: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    folder = tmp_path / "dose"
    result = cli("dose", run, *ASK, *options, "--output", folder)
    assert result.code == 2
    assert message in result.err
    assert not folder.exists()


def test_a_folder_that_holds_something_stays(
    cli: Callable[..., CliResult], run: Path, tmp_path: Path
) -> None:
    result = cli("dose", run, *ASK, "--output", run)
    assert result.code == 2
    assert "already there" in result.err
    assert [each.name for each in run.iterdir()] == ["config.json"]
    assert cli("dose", tmp_path / "none", *ASK).code == 2
