from typing import Any

import pytest
import torch

from qkdrp.runs.fit import fit_prepared
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.prepare import prepare
from qkdrp.systems.response.doubts import doubts_after
from qkdrp.systems.response.split import make_split
from qkdrp.training.split import Split
from qkdrp.training.trained import Trained
from tests.qkdrp.conftest import make_cohort, small_config


def before(split: Split | None = None, **changes: Any) -> list[str]:
    cohort = make_cohort()
    return prepare(small_config("unused", **changes), cohort, split or make_split(cohort, 0)).doubts


def after(**changes: Any) -> list[str]:
    cohort = make_cohort()
    prepared = prepare(small_config("unused", **changes), cohort, make_split(cohort, 0))
    with torch.random.fork_rng(), open_backend("statevector", {}, 0) as backend:
        model, fit = fit_prepared(prepared, backend)
    trained = Trained(prepared.config, prepared.split, prepared.preprocessor, model, fit)
    return list(doubts_after(trained, prepared.part("train")))


@pytest.fixture(autouse=True)
def _any_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qkdrp.systems.response.checks.check_source", lambda _: None)


def test_the_papers_defaults_are_told_with_the_pair_that_trains() -> None:
    assert any("--lr 1e-3 --patience 10" in each for each in before(lr=1e-4, patience=3))
    assert not any("hardly train" in each for each in before(lr=1e-3, patience=3))


def test_few_test_samples_of_a_class() -> None:
    assert any("the test part holds" in each and "--stratify-test" in each for each in before())
    cohort = make_cohort(200)
    assert not any(
        "the test part holds" in each
        for each in prepare(small_config("unused"), cohort, make_split(cohort, 0)).doubts
    )


def test_fewer_rows_than_a_batch() -> None:
    assert any("--batch-size 5 takes 8" in each for each in before(batch_size=128))
    assert not any("batch" in each for each in before(batch_size=16))


def test_angles_at_the_edge() -> None:
    assert any("are beyond 0.9 r" in each and "larger --a" in each for each in after(a=0.01))
    assert not any("beyond" in each for each in after(a=1.0))


def test_angles_around_one_value() -> None:
    assert any("angles spread by" in each and "smaller --a" in each for each in after(a=1000.0))
    assert not any("spread" in each for each in after(a=1.0))


def test_weights_that_hardly_moved() -> None:
    assert any("no weight of the circuit moved" in each for each in after(lr=1e-6))
    assert not any("moved" in each for each in after(lr=0.1))


@pytest.mark.parametrize("model", ["classic", "dense", "squashed", "frozen"])
def test_models_without_a_trained_circuit_have_no_such_weights(model: str) -> None:
    assert not any("moved" in each for each in after(model=model, lr=1e-6))
