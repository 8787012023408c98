from collections.abc import Iterator

import pytest

from qkdrp.experiments.study.estimate import show_estimate
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial


def test_costs_are_summed(capsys: pytest.CaptureFixture[str]) -> None:
    told = []

    def costs_of(on_trial: OnTrial) -> Iterator[Cost]:
        on_trial("one", 0, 2)
        told.append("one")
        yield Cost("One", 2, {"folds": 10, "final": 1}, 1800.0)
        yield Cost("Other", 1, {"folds": 5}, 5400.0)

    show_estimate(costs_of, workers=2)
    shown = " ".join(capsys.readouterr().out.split())
    assert told == ["one"]
    assert "16 trainings (15 folds, 1 final), about 2.00 core hours: 2.0 h on one worker" in shown
    assert "60.0 min on 2" in shown
