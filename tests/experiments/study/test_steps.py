import time
from io import StringIO

import pytest
from rich.console import Console

from qkdrp.experiments.study import steps
from qkdrp.experiments.study.steps import StepProgress


def told(lines: int, wait: float) -> str:
    written = StringIO()
    with StepProgress(Console(file=written)) as progress:
        trial = progress.trial_of("timing")
        for done in range(lines):
            trial("Moderated", done, lines)
            time.sleep(wait)
    return written.getvalue()


def test_work_of_a_second_is_told_while_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "FIRST_SECONDS", 0.01)
    assert told(1, 0.2) == "timing, 1 of 1: Moderated\n"


def test_lines_are_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(steps, "LINE_SECONDS", -1.0)
    shown = told(3, 0.1).splitlines()
    assert shown == [f"timing, {number} of 3: Moderated" for number in (1, 2, 3)]


def test_quick_work_prints_nothing() -> None:
    assert told(100, 0.0) == ""
