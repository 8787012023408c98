import json
import shutil
from pathlib import Path

import pytest

from qkdrp.backends.runtime.ledger import Ledger
from tests.qkdrp.conftest import Trained, read_json, snapshot
from tests.qkdrp.hardware import EVALUATE, Cli, check_complete, check_refused, end_all
from tests.runtime_server import RuntimeServer


def test_a_run_renamed_while_its_job_is_queued_gets_the_results(
    ibm: RuntimeServer, queued: str, cli: Cli, run: Path
) -> None:
    renamed = run.rename(run.with_name("renamed"))
    end_all(ibm)
    result = cli("jobs", "collect")
    assert result.code == 1
    assert "the run folder is gone" in result.out
    assert "jobs collect 1 --run" in result.out
    result = cli("jobs", "collect", 1, "--run", renamed)
    assert result.code == 0, result.out
    check_complete(renamed)
    assert not run.exists()
    assert "nothing to collect" in cli("jobs", "collect").out
    assert ibm.count("POST", "/jobs") == 1


def test_a_renamed_run_that_is_evaluated_again_keeps_its_folder(
    ibm: RuntimeServer, queued: str, cli: Cli, run: Path
) -> None:
    renamed = run.rename(run.with_name("renamed"))
    end_all(ibm)
    assert cli("evaluate", renamed, *EVALUATE).code == 0
    check_complete(renamed)
    assert [path.name for path in (renamed / "evaluations").iterdir()] == ["ibm_runtime"]
    assert not run.exists()
    assert "nothing to collect" in cli("jobs", "collect").out
    assert ibm.count("POST", "/jobs") == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_copy_and_its_original_both_get_the_results(
    ibm: RuntimeServer, book: Ledger, cli: Cli, run: Path, tmp_path: Path, when: str
) -> None:
    copy = tmp_path / "copy"
    if when == "before":
        shutil.copytree(run, copy)
    ibm.queue_seconds = 600
    assert cli("evaluate", run, *EVALUATE, "--no-wait").code == 0
    if when == "after":
        shutil.copytree(run, copy)
    assert cli("evaluate", copy, *EVALUATE, "--no-wait").code == 0
    another = ("--no-wait", "--output", tmp_path / "third")
    assert cli("evaluate", run, *EVALUATE, *another).code == 0
    end_all(ibm)
    shown = json.loads(cli("jobs", "show", 1).out)["destinations"]
    assert [place["run"] for place in shown] == [str(run), str(copy), str(run)]
    assert shown[2]["output"] == str(tmp_path / "third")
    assert {place["written"] for place in shown} == {None}
    result = cli("jobs", "collect")
    assert result.code == 0, result.out
    assert result.out.count("collected: ") == 3
    assert all(each["written"] for each in json.loads(cli("jobs", "show", 1).out)["destinations"])
    for each in (run, copy):
        check_complete(each)
        assert [path.name for path in (each / "evaluations").iterdir()] == ["ibm_runtime"]
    one, two, three = (
        (folder / "predictions.csv").read_bytes()
        for folder in (
            run / "evaluations" / "ibm_runtime",
            copy / "evaluations" / "ibm_runtime",
            tmp_path / "third",
        )
    )
    assert one == two == three
    assert ibm.count("POST", "/jobs") == 1
    assert "nothing to collect" in cli("jobs", "collect").out


def test_collecting_works_from_another_folder_and_with_moved_data(
    ibm: RuntimeServer,
    book: Ledger,
    cli: Cli,
    run: Path,
    trained: Trained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ibm.queue_seconds = 600
    data = Path(shutil.copytree(trained.data, tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    words = ("evaluate", run.name, *EVALUATE, "--no-wait", "--data", "data")
    assert cli(*words).code == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    moved = data.rename(tmp_path / "moved")
    end_all(ibm)
    result = cli("jobs", "collect")
    assert result.code == 1
    assert "data" in result.out
    assert book.find("1").state == "done"  # values are safe whatever is wrong with the run
    result = cli("jobs", "collect", "--data", moved)
    assert result.code == 0, result.out
    check_complete(run)
    assert ibm.count("POST", "/jobs") == 1


def test_another_run_does_not_get_the_results(
    ibm: RuntimeServer, queued: str, book: Ledger, cli: Cli, run: Path, tmp_path: Path
) -> None:
    from qkdrp.runs.train import prepare, train
    from tests.qkdrp.conftest import small_config

    end_all(ibm)
    source = read_json(run / "config.json")["data"]["source"]
    train(prepare(small_config(source, seed=1)), tmp_path / "other")
    before = snapshot(tmp_path / "other"), book.find("1").output
    result = cli("jobs", "collect", 1, "--run", tmp_path / "other")
    assert result.code == 1
    assert "this is not the run" in result.out
    assert (snapshot(tmp_path / "other"), book.find("1").output) == before
    check_refused(cli("jobs", "collect", "--run", run), "--run needs the ID")
    assert cli("jobs", "collect").code == 0
    check_complete(run)
