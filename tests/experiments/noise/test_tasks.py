from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qkdrp.backends import get_backend
from qkdrp.circuits import build_pqc
from qkdrp.common.errors import BackendError, ConfigError
from qkdrp.experiments.noise import tasks
from qkdrp.experiments.noise.circuits import PackedCircuit, Shelf
from qkdrp.experiments.noise.plan import NoisePlan
from qkdrp.experiments.noise.tasks import NoiseResult, NoiseTask
from qkdrp.experiments.study.tasks import parse_result, run_task
from qkdrp.systems.response.recipes import pqc_of
from qkdrp.systems.response.regressor import HybridRegressor
from qkdrp.systems.response.scores import responder_auc
from tests.experiments.noise.conftest import READOUT, noise_config


@pytest.fixture(scope="module")
def results(plan: NoisePlan) -> dict[str, tuple[NoiseTask, NoiseResult]]:
    """The first point of the first fold, trained in both ways."""
    found = {}
    for place in plan.places[:2]:
        task = plan.task_of(place).model_copy(update={"keep": True})
        result = run_task(task)
        assert isinstance(result, NoiseResult)
        found[place.training.name] = task, result
    return found


@pytest.mark.parametrize("training", ["exact", "noise-aware"])
def test_no_noise_and_infinitely_many_shots_are_exact(
    training: str, results: dict[str, tuple[NoiseTask, NoiseResult]]
) -> None:
    _, result = results[training]
    quiet = [each for each in result.cells if each.cell.scale == 0 and each.cell.shots == 0]
    assert quiet
    for each in quiet:
        assert each.value_shift < 1e-8
        assert each.prediction_shift < 1e-8
        for name in ("auc", "spearman", "mse"):
            assert getattr(each.mean, name) == pytest.approx(getattr(result.exact, name), abs=1e-8)
        assert each.contrast == pytest.approx(1.0, abs=1e-8)
    noisy = [each for each in result.cells if each.cell.parts == "all" and not each.cell.shots]
    assert noisy
    assert all(each.value_shift > 1e-3 for each in noisy)


def test_the_exact_evaluation_is_that_of_the_trained_model(
    results: dict[str, tuple[NoiseTask, NoiseResult]],
) -> None:
    task, result = results["exact"]
    train, (genes, label, responder) = task.fold_rows()
    with get_backend("statevector") as backend:
        model = HybridRegressor(
            **task.model.model_dump(), **task.fit.model_dump(), backend=backend,
            random_state=task.own_seed,
        ).fit(train[0], train[1])  # fmt: skip
        prediction = model.predict(genes)
    assert result.exact.auc == responder_auc(responder, prediction)
    assert result.exact.mse == pytest.approx(np.mean((prediction - label) ** 2), abs=1e-6)
    assert (result.n_train, result.n_held_out) == (len(train[1]), len(label))


def test_both_trainings_begin_alike_and_end_apart(
    results: dict[str, tuple[NoiseTask, NoiseResult]],
) -> None:
    (_, exact), (_, aware) = results["exact"], results["noise-aware"]
    for left, right in zip(exact.cells, aware.cells, strict=True):
        assert left.gradient_initial == right.gradient_initial
    assert exact.kept is not None
    assert aware.kept is not None
    assert exact.kept.weights != aware.kept.weights


def test_errors_of_readout_alone_shrink_the_outputs_by_one_minus_twice_their_probability(
    results: dict[str, tuple[NoiseTask, NoiseResult]],
) -> None:
    _, result = results["exact"]
    (readout,) = (e for e in result.cells if e.cell.parts == "readout" and not e.cell.shots)
    assert readout.contrast == pytest.approx(1 - 2 * READOUT, abs=1e-12)
    everything = next(e for e in result.cells if e.cell.parts == "all" and not e.cell.shots)
    assert everything.contrast is not None
    assert everything.contrast < readout.contrast


def test_models_of_a_fold_share_their_seed_but_no_shots(
    results: dict[str, tuple[NoiseTask, NoiseResult]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (one, _), (other, _) = results["exact"], results["noise-aware"]
    assert one.own_seed == other.own_seed
    drawn = []
    make = tasks.generator_of
    monkeypatch.setattr(
        tasks, "generator_of", lambda *which: drawn.append(make(*which)) or make(*which)
    )
    for task in (one, other):
        run_task(task)
    first = {generator.random() for generator in drawn}
    assert len(first) == len(drawn) == 2 * len(one.cells)


def test_one_training_serves_all_cells(plan: NoisePlan, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    fit = HybridRegressor.fit
    monkeypatch.setattr(
        HybridRegressor, "fit", lambda self, *r, **k: calls.append(1) or fit(self, *r, **k)
    )
    result = run_task(plan.task_of(plan.places[0]))
    assert isinstance(result, NoiseResult)
    assert len(result.cells) == len(plan.cells) == 6
    assert calls == [1]


def test_a_task_is_a_pure_function_and_reads_back(
    results: dict[str, tuple[NoiseTask, NoiseResult]],
) -> None:
    timed = {"seconds", "fit_seconds", "epoch_seconds"}
    for task, result in results.values():
        again = run_task(NoiseTask.make(**task.model_dump()))
        assert again.model_dump(exclude=timed) == result.model_dump(exclude=timed)
        assert parse_result(task, result.model_dump(mode="json")) == result


def test_a_circuit_packed_anew_makes_the_same_task(plan: NoisePlan) -> None:
    task = plan.task_of(plan.places[0])
    (packed,) = task.circuits
    again = PackedCircuit.pack(packed.unpack(), packed.source)
    assert task.model_copy(update={"circuits": (again,)}).key == task.key
    other = packed.model_copy(update={"digest": "other"})
    assert task.model_copy(update={"circuits": (other,)}).key != task.key


def test_every_setting_makes_another_task(plan: NoisePlan) -> None:
    task = plan.task_of(plan.places[0])
    changes = {
        "training": task.training.model_copy(update={"scale": 2.0}),
        "cells": task.cells[:1],
        "repetitions": 9,
        "gradient_rows": 9,
        "keep": True,
        "model": task.model.model_copy(update={"a": 3.0}),
    }
    keys = {task.model_copy(update={name: value}).key for name, value in changes.items()}
    assert len(keys | {task.key}) == len(changes) + 1


def test_circuits_are_prepared_once_and_taken_from_the_folder(
    plan: NoisePlan, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan.begin(tmp_path)
    monkeypatch.setattr(
        "qkdrp.experiments.noise.circuits.prepare", lambda *_, **__: pytest.fail("prepared")
    )
    monkeypatch.setattr("qkdrp.backends.aer_noisy.prepare", lambda *_, **__: pytest.fail("too"))
    again = NoisePlan.open(plan.config, tmp_path)
    assert [again.task_of(p).key for p in again.places] == [
        plan.task_of(p).key for p in plan.places
    ]
    run_task(again.task_of(again.places[1]))  # noise-aware: trains on the circuit it is handed
    (mapping,) = tmp_path.glob("circuits/*/prepared.json")
    mapping.write_text("{")
    with pytest.raises(BackendError, match="prepare it again"):
        NoisePlan.open(plan.config, tmp_path)


def test_the_shelf_names_its_circuits(plan: NoisePlan) -> None:
    spec = pqc_of(plan.task_of(plan.places[0]).model).spec
    (packed,) = plan.shelf.of(spec)
    assert packed.unpack().is_made_from(build_pqc(spec))
    assert plan.shelf.of(replace(spec, n_qubits=3)) == ()
    (line,) = plan.shelf.describe()
    assert "circuit (2,1,1) multi ring on depolarizing" in line
    assert Shelf([], []).of(spec) == ()


def test_models_without_a_circuit_are_refused(data: Path) -> None:
    with pytest.raises(ConfigError, match="has no circuit, so no noise reaches it"):
        NoisePlan.open(noise_config(data, models=("classic",)))


def test_a_scale_that_leaves_its_range_is_refused_before_any_work(data: Path) -> None:
    with pytest.raises(BackendError, match="use at most"):
        NoisePlan.open(noise_config(data, scales=(0.0, 50.0)))


def test_without_gradient_rows_there_is_no_gradient(plan: NoisePlan) -> None:
    task = plan.task_of(plan.places[0]).model_copy(update={"gradient_rows": 0})
    result = run_task(task)
    assert isinstance(result, NoiseResult)
    assert [each.gradient_final for each in result.cells] == [None] * len(plan.cells)
