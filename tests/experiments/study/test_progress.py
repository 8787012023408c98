from io import StringIO
from typing import Literal

import pytest
from rich.console import Console

from qkdrp.experiments.study.outcomes import Outcome
from qkdrp.experiments.study.plan import Phase
from qkdrp.experiments.study.progress import TaskProgress, TimeLeft
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result, Task

WARM_UP = 10.0


class Wait(Task):
    """A task of known length, longer where it is the first one of its worker."""

    result_type = Result
    stage: Literal["wait"] = "wait"
    length: float
    number: int

    @property
    def title(self) -> str:
        return f"{self.length} s"

    @property
    def kind(self) -> str:
        return str(self.length)

    def run(self, saved: SavedTraining) -> Result:
        return Result(seconds=self.length + WARM_UP * (self.number < 2))


def tasks(*lengths: float) -> list[Wait]:
    return [Wait(length=length, number=number) for number, length in enumerate(lengths)]


def outcome(task: Wait) -> Outcome:
    return Outcome(task, task.run(SavedTraining(None, "", 0.0)), worker=str(task.number % 2))


def test_the_first_task_of_each_worker_does_not_count() -> None:
    left = TimeLeft(found := tasks(*[2.0] * 12), n_workers=2)
    for task in found[:4]:
        left.add(outcome(task))
    assert left.each() == pytest.approx(2.0)
    assert left.all() == pytest.approx(8 * 2.0 / 2)


def test_each_kind_has_a_time_of_its_own() -> None:
    left = TimeLeft(found := tasks(*[1.0, 9.0] * 3, *[9.0] * 8), n_workers=2)
    for task in found[:6]:
        left.add(outcome(task))
    assert left.all() == pytest.approx(8 * 9.0 / 2)


def test_before_others_are_known_the_first_ones_count() -> None:
    left = TimeLeft(found := tasks(*[2.0] * 4), n_workers=2)
    assert left.all() is None
    left.add(outcome(found[0]))
    assert left.each() == pytest.approx(12.0)
    left.add(Outcome(found[1], error="failed"))
    assert left.all() == pytest.approx(12.0)


def test_nothing_left_takes_no_time() -> None:
    left = TimeLeft(found := tasks(2.0), n_workers=1)
    left.add(outcome(found[0]))
    assert left.all() == 0.0


def test_the_time_is_told_once_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    written, found = StringIO(), tasks(*[2.0] * 12)
    with TaskProgress(Console(file=written), Phase("folds", found), found, 2) as progress:
        for task in found[:3]:
            progress.add(outcome(task))
        assert written.getvalue() == ""
        progress.add(outcome(found[3]))
    assert written.getvalue() == "about 2.0 s each, 8 s left (from 2 trainings)\n"
    monkeypatch.setattr("qkdrp.experiments.study.progress.PATIENCE", 0.0)
    with TaskProgress(written_to := Console(file=StringIO()), Phase("", found), found, 2) as slow:
        slow.add(outcome(found[0]))
    assert "12.0 s each, 66 s left" in written_to.file.getvalue()  # type: ignore[attr-defined]
