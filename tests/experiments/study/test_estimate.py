from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from qkdrp.experiments.study import estimate
from qkdrp.experiments.study.estimate import OnTrial, TrialProgress, show_estimate
from qkdrp.experiments.study.plan import Cost


def test_a_long_estimate_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "LINE_SECONDS", -1.0)
    written = StringIO()
    with TrialProgress(Console(file=written)) as progress:
        progress.update("Moderated (4, 2, 1)", 6, 36)
    assert written.getvalue() == "timing a few epochs, 7 of 36: Moderated (4, 2, 1)\n"


def test_costs_are_summed(capsys: pytest.CaptureFixture[str]) -> None:
    told = []

    def costs_of(on_trial: OnTrial) -> Iterator[Cost]:
        on_trial("one", 0, 2)
        told.append("one")
        yield Cost("One", 2, {"folds": 10, "final": 1}, 1800.0)
        yield Cost("Other", 1, {"folds": 5}, 5400.0)

    show_estimate(costs_of)
    shown = " ".join(capsys.readouterr().out.split())
    assert told == ["one"]
    assert "16 trainings (15 folds, 1 final), about 2.00 core hours: 2.0 h on one worker" in shown
