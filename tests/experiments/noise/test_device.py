from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.ito.grid import Configuration
from qkdrp.experiments.noise.device_choice import Chosen, Place
from qkdrp.experiments.noise.trainings import Training
from tests.experiments.noise.test_command import words
from tests.qkdrp.conftest import CliResult, snapshot
from tests.runtime_server import RuntimeServer

Cli = Callable[..., CliResult]

ONE = "a=0.05,r=1.5,training=exact,fold=2,repeat=1"


@pytest.fixture(autouse=True)
def _no_figures(without_figures: None) -> None:
    """Draw nothing: a study of seconds would spend most of them on it."""


def on_hardware(data: Path, tmp_path: Path, *more: object) -> list[object]:
    """Return the command of a study with one cell on hardware, ledger beside it."""
    return words(
        data, tmp_path / "study", "--models", "moderated", "--trainings", "exact", "--r", 1.5,
        "--gradient-rows", 0, "--scales", "0,1", "--backend", "ibm_runtime",
        "--device", "ibm_manila", "--a", "0.05,20", "--chosen", ONE,
        "--ledger", tmp_path / "ledger.sqlite", *more,
    )  # fmt: skip


def test_one_cell_on_hardware_from_preview_to_report(
    ibm: RuntimeServer, cli: Cli, data: Path, tmp_path: Path
) -> None:
    arguments = on_hardware(data, tmp_path)
    dry = cli(*arguments, "--dry-run")
    assert dry.code == 0, dry.err
    assert "hardware 1 cells" in dry.out
    # 60 samples, 10% of them for the test, two folds: 27 held-out rows.
    assert "jobs     1, one PUB each; 27 points, 1 measurement basis" in dry.out
    assert "6,912 executions" in dry.out
    assert "nothing was trained or submitted" in dry.out
    assert not ibm.jobs
    assert not (tmp_path / "study").exists()

    refused = cli(*arguments, "--max-qpu-seconds", 1)
    assert refused.code == 2
    assert "for the whole study, above the limit of 1 s: nothing was sent" in refused.err
    assert not (tmp_path / "study").exists()

    done = cli(*arguments)
    assert done.code == 0, done.err
    assert "hardware 1 cells" in done.out
    (job,) = ibm.jobs.values()
    table = pd.read_csv(tmp_path / "study" / "noise.csv", dtype={"jobs": str})
    (row,) = table[table["source"] == "ibm_manila"].to_dict("records")
    assert (row["a"], row["fold"], row["shots"], row["jobs"]) == (0.05, 2, 256, job.id)
    assert row["n_held_out"] == 27
    # Manila is a noisy device: contrast is lost, but not most of it.
    assert 0.7 - 4 * row["contrast_error"] < row["contrast"] < 1 + 4 * row["contrast_error"]
    assert 0 < row["contrast_error"] < 0.8
    assert 0.03 < row["standard_error"] < 1 / 256**0.5
    simulated = table[table["source"] != "ibm_manila"]
    assert len(simulated) == 4 * 4
    assert job.id in (tmp_path / "study" / "report.md").read_text()

    before = snapshot(tmp_path / "study")
    again = cli(*arguments, "--resume")
    assert again.code == 0, again.err
    assert "on ibm_manila: 1 cells, 1 of them done already" in again.out
    (cell,) = (p for p in (tmp_path / "study" / "tasks").iterdir() if "ibm_manila" in p.read_text())
    cell.unlink()  # as if the driver had died before it was kept
    attached = cli(*arguments, "--resume")
    assert attached.code == 0, attached.err
    assert list(ibm.jobs) == [job.id]
    after = snapshot(tmp_path / "study")
    assert after["optimum.csv"] == before["optimum.csv"]


def test_what_was_not_waited_for_is_collected_by_resuming(
    ibm: RuntimeServer, cli: Cli, data: Path, tmp_path: Path
) -> None:
    ibm.queue_seconds = 3600.0
    arguments = on_hardware(data, tmp_path)
    result = cli(*arguments, "--no-wait")
    assert result.code == 1
    assert (
        "waiting: DrugA, moderated, repeat 1 fold 2, exact, a 0.05, r 1.5, 256 shots" in result.out
    )
    assert "1 trainings are not there yet" in result.out
    assert "NOT THERE YET" in (tmp_path / "study" / "report.md").read_text()
    ibm.pace = 1e6
    later = cli(*arguments, "--resume")
    assert later.code == 0, later.err
    assert len(ibm.jobs) == 1
    table = pd.read_csv(tmp_path / "study" / "noise.csv")
    assert (table["source"] == "ibm_manila").sum() == 1


def place(**changes: object) -> Place:
    settings = {
        "drug": "A", "model": "moderated", "n_qubits": 4, "n_encoding": 2, "n_variational": 1,
        "lr": 1e-4, "a": 20.0, "r": 1.5707963267948966,
    }  # fmt: skip
    settings.update({key: value for key, value in changes.items() if key in settings})
    numbers = {key: changes.get(key, 0) for key in ("repeat", "fold")}
    return Place(Configuration(**settings), Training(), **numbers)  # type: ignore[arg-type]  # of all kinds


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("", {}, True),
        ("", {"fold": 1}, False),
        ("all", {"fold": 7, "repeat": 3}, True),
        ("a=20,r=pi/2", {"fold": 4}, True),
        ("a=1|20", {}, True),
        ("a=1|10", {}, False),
        ("r=pi", {}, False),
        ("drug=B", {}, False),
        ("training=noise-aware", {}, False),
        ("model=moderated, fold=2", {"fold": 1}, True),
    ],
)
def test_chosen_trainings(text: str, changes: dict[str, object], expected: bool) -> None:
    assert Chosen.parse(text).holds(place(**changes)) is expected


@pytest.mark.parametrize("text", ["b=3", "a", "a=few", "fold=", "r=pie", "fold=1.5"])
def test_a_choice_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="chosen: "):
        Chosen.parse(text)


def test_choosing_nothing_is_refused(
    ibm: RuntimeServer, cli: Cli, data: Path, tmp_path: Path
) -> None:
    result = cli(*on_hardware(data, tmp_path), "--chosen", "a=77")
    assert result.code == 2
    assert "found no training that is a=77" in result.err
    assert not (tmp_path / "study").exists()


def test_hardware_needs_shots(ibm: RuntimeServer, cli: Cli, data: Path, tmp_path: Path) -> None:
    result = cli(*on_hardware(data, tmp_path, "--shots", "0"))
    assert result.code == 2
    assert "needs a finite number of --shots" in result.err
