import os
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import psutil
import pytest

from qkdrp.common.errors import StudyError
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.study import outcomes, runners
from qkdrp.experiments.study.outcomes import ATTEMPTS, Outcome, attempt
from qkdrp.experiments.study.runners import DaskRunner, LocalRunner
from qkdrp.experiments.study.saved_training import CHECKPOINTS, Checkpoints
from qkdrp.experiments.study.tasks import Result, Task
from tests.experiments.conftest import study_config

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskRunner]:
    with DaskRunner("local:2") as runner:
        yield runner


@pytest.fixture(scope="module")
def local() -> Iterator[LocalRunner]:
    with LocalRunner(2) as runner:
        yield runner


def tasks_of(data: Path) -> list[Task]:
    return ItoPlan.open(study_config(data, models=("moderated", "classic", "ridge"))).fold_tasks()


def curves(outcomes: Iterator[Outcome]) -> dict[str, tuple[float, ...]]:
    found = {}
    for outcome in outcomes:
        assert outcome.result is not None, outcome.error
        found[outcome.task.key] = outcome.result.curve  # type: ignore[union-attr]  # all are folds
    return found


def test_every_runner_gives_the_same(data: Path, local: LocalRunner, cluster: DaskRunner) -> None:
    tasks = tasks_of(data)
    expected = curves(LocalRunner(1).outcomes(tasks))
    assert set(expected) == {task.key for task in tasks}
    for runner in (local, cluster):
        assert runner.n_workers == 2
        assert curves(runner.outcomes(tasks)) == expected


def spoilt(data: Path) -> list[Task]:
    """Return three tasks, the second of which names data that are not there."""
    tasks = tasks_of(data)[:3]
    tasks[1] = tasks[1].model_copy(update={"digest": "of other data"})
    return tasks


@pytest.mark.parametrize("kind", ["one", "two", "dask"])
def test_a_failing_task_ends_no_other(
    kind: str, data: Path, local: LocalRunner, cluster: DaskRunner
) -> None:
    tasks = spoilt(data)
    runner = {"one": LocalRunner(1), "two": local, "dask": cluster}[kind]
    found = {outcome.task.key: outcome for outcome in runner.outcomes(tasks)}
    assert [found[task.key].result is None for task in tasks] == [False, True, False]
    assert found[tasks[1].key].error.startswith("DataError: ")


def test_a_task_is_tried_once_more(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, calls = tasks_of(data)[0], []

    def fail(*_: object) -> None:
        calls.append(1)
        raise OSError("disk")

    monkeypatch.setattr(outcomes, "run_task", fail)
    assert attempt(task) == Outcome(task, error="OSError: disk")
    assert len(calls) == ATTEMPTS == 2


def test_time_before_a_checkpoint_was_not_spent_here(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tasks_of(data)[0]
    resumed = Result(seconds=1e6)
    monkeypatch.setattr(outcomes, "run_task", lambda *_: resumed)
    found = attempt(task)
    assert found.result == resumed
    assert 0 < found.seconds < 60


def die_once(marker: str, task: Task, _: object) -> Outcome:
    """Kill the worker that runs this, the first time."""
    path = Path(marker)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(task)


def pid_of(task: Task, _: object) -> Outcome:
    time.sleep(0.2)
    return Outcome(task, error=str(os.getpid()))


def pids_of(runner: LocalRunner, tasks: list[Task]) -> set[int]:
    return {int(found.error) for found in runner.outcomes(tasks)}


def test_a_dead_worker_costs_no_result(
    data: Path, tmp_path: Path, local: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks, marker = tasks_of(data), tmp_path / "died"
    monkeypatch.setattr(runners, "attempt", partial(die_once, str(marker)))
    found = [outcome.task.key for outcome in local.outcomes(tasks)]
    assert sorted(found) == sorted(task.key for task in tasks)
    assert marker.exists()


def test_workers_stay_until_the_runner_is_closed(
    data: Path, local: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = tasks_of(data)[:6]
    monkeypatch.setattr(runners, "attempt", pid_of)
    first, deadline = pids_of(local, tasks), time.monotonic() + 60
    while len(first) < 2 and time.monotonic() < deadline:  # the second one starts late
        first |= pids_of(local, tasks)
    assert len(first) == 2
    assert pids_of(local, tasks) <= first
    local.__exit__(None, None, None)
    assert not any(psutil.pid_exists(pid) for pid in first)


def test_a_killed_dask_worker_costs_no_result(
    data: Path, tmp_path: Path, cluster: DaskRunner
) -> None:
    slow = study_config(data, models=("moderated",), epochs=50, repeats=3)
    tasks = ItoPlan.open(slow).fold_tasks()
    pids = list(cluster.client.run(os.getpid).values())
    found, checkpoints, folder = [], Checkpoints(tmp_path, every=0.0), tmp_path / CHECKPOINTS
    for outcome in cluster.outcomes(tasks, checkpoints):
        if not found:
            os.kill(pids[0], signal.SIGKILL)
            (folder / f".{tasks[0].key}-{'0' * 32}.safetensors").write_bytes(b"half-written")
        assert outcome.result is not None, outcome.error
        found.append(outcome.task.key)
    assert sorted(found) == sorted(task.key for task in tasks)
    saved = (path.stem for path in folder.glob("[!.]*.safetensors"))  # a hidden one: half-written
    assert sorted(saved) == sorted(found)  # the driver alone deletes them
    for key in found:
        checkpoints.of(key).delete()
    checkpoints.clear()
    assert not folder.exists()
    deadline = time.monotonic() + 20
    while len(cluster.client.nthreads()) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert pids[0] not in cluster.client.run(os.getpid).values()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("local:x", "expected local:N"),
        ("local:0", "expected local:N"),
        ("nonsense", "found no scheduler there"),
    ],
)
def test_a_wrong_scheduler_is_refused(address: str, words: str) -> None:
    with pytest.raises(StudyError, match=words):
        DaskRunner(address)


class TwoThreadClient(AbstractContextManager["TwoThreadClient"]):
    """A client of a cluster whose worker has two threads: no cluster is started for it."""

    def __init__(self, *_: object, **__: object) -> None:
        self.closed = False

    def nthreads(self) -> dict[str, int]:
        return {"tcp://worker": 2}

    def __exit__(self, *_: object) -> None:
        self.closed = True


def test_dask_workers_of_several_threads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    client = TwoThreadClient()
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: client)
    with pytest.raises(StudyError, match="found workers of 2 threads, expected 1"):
        DaskRunner("tcp://somewhere:8786")
    assert client.closed
