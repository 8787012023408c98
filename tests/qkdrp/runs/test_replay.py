import json
import os
import shutil
import signal
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.cli import main
from qkdrp.runs import replay as replaying
from qkdrp.runs.evaluate import evaluate
from tests.qkdrp.conftest import read_json, snapshot
from tests.qkdrp.hardware import EVALUATE, Cli, check_refused, end_all
from tests.qkdrp.killed import die
from tests.runtime_server import RuntimeServer


@pytest.fixture
def kept(run: Path) -> Path:
    """The folder of an evaluation with values, on a fake device."""
    options = {"device": "fake_manila", "shots": 64}
    return evaluate(run, "ibm_runtime", options=options, threads=1).path


def test_scores_and_figures_come_from_paid_values_and_nothing_is_sent(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path
) -> None:
    assert cli("evaluate", run, *EVALUATE).code == 0
    paid = run / "evaluations" / "ibm_runtime"
    before, asked = snapshot(paid), len(ibm.log)
    stored = book.path.read_bytes()
    for number, words in enumerate(((), ("--values", paid), ("--values", 1)), 2):
        result = cli("evaluate", run, "--replay", *words)
        assert result.code == 0, result.err
        assert "nothing was sent" in result.out
        again = run / "evaluations" / f"ibm_runtime-{number}"
        for name in ("predictions.csv", "expectations.csv", "prepared.qpy"):
            assert (again / name).read_bytes() == before[name]
        old, new = (read_json(each / "metrics.json") for each in (paid, again))
        assert new["test"] == old["test"]
        assert new["hardware"]["evaluations"][0]["jobs"] == read_json(paid / "job.json")["jobs"]
        assert new["usage"] == {"pubs": 0, "executions": 0, "shots": 0}
        assert new["replay_of"]
        assert (again / "figures" / "predictions.png").is_file()
    assert snapshot(paid) == before
    assert len(ibm.log) == asked
    assert book.path.read_bytes() == stored
    assert not list(run.glob(".replay-*"))


def test_values_in_the_ledger_alone_are_enough(
    ibm: RuntimeServer, queued: str, book: Ledger, cli: Cli, run: Path
) -> None:
    check_refused(cli("evaluate", run, "--replay"), "no values to replay", "qkdrp jobs collect")
    check_refused(cli("evaluate", run, "--replay", "--values", 1), "jobs collect 1 fetches them")
    end_all(ibm)
    assert cli("jobs", "wait", 1).code == 0
    result = cli("evaluate", run, "--replay")
    assert result.code == 0, result.err
    assert "values of evaluation 1 of" in result.out
    assert (run / "evaluations" / "ibm_runtime-2" / "metrics.json").is_file()


def test_without_values_it_says_so_and_makes_no_ledger(
    cli: Cli, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    before = snapshot(run)
    check_refused(cli("evaluate", run, "--replay"), "no values to replay", "expectations.csv")
    check_refused(cli("evaluate", run, "--replay", "--values", run), "holds no expectations.csv")
    assert snapshot(run) == before
    assert not (tmp_path / "home").exists()


def test_of_several_evaluations_one_is_chosen(cli: Cli, run: Path, kept: Path) -> None:
    options = {"device": "fake_manila", "shots": 32}
    other = evaluate(run, "ibm_runtime", options=options, threads=1).path
    check_refused(cli("evaluate", run, "--replay"), "2 evaluations", str(kept), str(other))
    result = cli("evaluate", run, "--replay", "--values", other)
    assert result.code == 0, result.err
    shots = read_json(run / "evaluations" / "ibm_runtime-3" / "metrics.json")["hardware"]["options"]
    assert shots["shots"] == 32


def test_values_of_something_else_are_refused(cli: Cli, run: Path, kept: Path) -> None:
    frame = pd.read_csv(kept / "expectations.csv")
    rows = len(frame) // 2
    for content, message in (
        (frame.iloc[:-2], f"of {rows - 1} points and 2 observables, the run asks for {rows} and 2"),
        (frame.iloc[:-1], "is damaged: expected every observable of every row"),
        (frame.assign(value=-frame["value"]), "do not give the predictions beside them"),
        (frame.drop(columns="value"), "expectations.csv"),
    ):
        content.to_csv(kept / "expectations.csv", index=False)
        check_refused(cli("evaluate", run, "--replay"), message)
    frame.to_csv(kept / "expectations.csv", index=False)
    (kept / "job.json").write_text(json.dumps({"circuit": "another"}))
    check_refused(cli("evaluate", run, "--replay"), "another circuit")


def test_values_that_are_not_finite_stay_blank(cli: Cli, run: Path, kept: Path) -> None:
    frame = pd.read_csv(kept / "expectations.csv")
    frame.loc[0, "value"] = np.nan
    frame.to_csv(kept / "expectations.csv", index=False)
    (kept / "predictions.csv").unlink()
    result = cli("evaluate", run, "--replay")
    assert result.code == 0, result.err
    assert "1 test samples have no finite values" in result.out


@pytest.mark.parametrize("option", ["--dry-run", "--no-wait", "--resubmit", "--shots=5"])
def test_options_that_a_replay_would_not_heed_are_refused(cli: Cli, run: Path, option: str) -> None:
    name = option.partition("=")[0]
    check_refused(cli("evaluate", run, "--replay", option), f"leave out {name}, or --replay")


def test_a_killed_replay_leaves_no_half_of_a_folder(
    cli: Cli, run: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        with suppress(BaseException):
            monkeypatch.setattr(replaying, "_draw", die)
            main(["evaluate", str(run), "--replay", "--threads", "1"])
        os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert [each.name for each in (run / "evaluations").iterdir()] == ["ibm_runtime"]
    assert cli("evaluate", run, "--replay").code == 0
    assert (run / "evaluations" / "ibm_runtime-2" / "metrics.json").is_file()


def test_a_folder_of_values_can_be_anywhere(
    cli: Cli, run: Path, kept: Path, tmp_path: Path
) -> None:
    moved = Path(shutil.move(kept, tmp_path / "elsewhere"))
    output = tmp_path / "new" / "scores"
    words = ("--values", moved, "--output", output)
    result = cli("evaluate", run, "--replay", *words)
    assert result.code == 0, result.err
    assert (output / "metrics.json").is_file()
    assert [each.name for each in output.parent.iterdir()] == ["scores"]
    check_refused(cli("evaluate", run, "--replay", *words), "already there")
