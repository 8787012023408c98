import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.qkdrp.conftest import CliResult, Trained, read_json
from tests.runtime_server import RuntimeServer

EVALUATE = ("--backend", "ibm_runtime", "--device", "ibm_manila", "--shots", 256)


@pytest.mark.parametrize("move", ["rename", "copy"])
def test_results_go_into_the_run_that_was_named(
    move: str,
    ibm: RuntimeServer,
    cli: Callable[..., CliResult],
    trained: Trained,
    tmp_path: Path,
) -> None:
    ledger = ("--ledger", tmp_path / "jobs.sqlite")
    old, new = tmp_path / "old", tmp_path / "new"
    shutil.copytree(trained.run, old)
    ibm.queue_seconds = 600
    result = cli("evaluate", old, *EVALUATE, *ledger, "--no-wait")
    assert result.code == 0, result.err
    if move == "copy":
        shutil.copytree(trained.run, new)
    else:
        old.rename(new)
    ibm.pace = 600
    result = cli("evaluate", new, *EVALUATE, *ledger)
    assert result.code == 0, result.err
    folder = new / "evaluations" / "ibm_runtime"
    assert f"evaluation folder: {folder}" in result.out
    assert read_json(folder / "metrics.json")["same_data"] is True
    assert len(ibm.jobs) == 1, "and nothing is paid again"
    assert old.exists() == (move == "copy")
    assert not (old / "evaluations" / "ibm_runtime" / "metrics.json").exists()
