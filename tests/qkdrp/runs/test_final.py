"""Models that train on all rows: epochs and scores by cross-validation, resuming, what follows."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import ConfigError, DataError, RunError
from qkdrp.common.fold_means import corrected_mean
from qkdrp.runs.cross_validation import Stage
from qkdrp.runs.evaluate import evaluate
from qkdrp.runs.fit import fit_prepared
from qkdrp.runs.folder import Run, load_run
from qkdrp.runs.predict import score_table
from qkdrp.runs.train import open_backend, prepare, prepare_resumed, train
from qkdrp.systems.response.config import TrainConfig
from qkdrp.training.config import FinalConfig
from qkdrp.training.epoch import Epoch
from qkdrp.training.folds import draw_folds, fold_seed
from qkdrp.training.predict import predict_rows
from qkdrp.training.split import Split
from tests.qkdrp.conftest import (
    N_SAMPLES,
    RUN_FILES,
    CliResult,
    make_tables,
    read_json,
    small_config,
    snapshot,
)
from tests.qkdrp.killed_training import train_until_killed

FOLDS, EPOCHS = 3, 4
STAGES = 2 * FOLDS + 1
NO_ROWS = np.array([], dtype=np.str_)
NOISE = {"noise": "fake_manila", "shots": 50}


def final_config(source: Path | str, folds: int = FOLDS, *, fixed: bool = False) -> TrainConfig:
    config = small_config(source, epochs=EPOCHS, patience=2, lr=1e-2)
    final = FinalConfig(folds=folds, fixed_epochs=fixed)
    return config.model_copy(update={"final": final})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tables().write(tmp_path_factory.mktemp("final") / "data")


@pytest.fixture(scope="module")
def final(data: Path) -> tuple[Run, dict[str, Any]]:
    return train(final_config(data), data.parent / "run")


def held_out(run: Run) -> pd.DataFrame:
    table = pd.read_csv(run.path / "predictions.csv")
    return table[table["part"] == "held out"]


def test_all_rows_train_and_none_are_for_a_test(final: tuple[Run, dict[str, Any]]) -> None:
    run, metrics = final
    sizes = [metrics[name] for name in ("n_train", "n_val", "n_test")]
    assert sizes == [N_SAMPLES, 0, 0]
    assert (metrics["test"], metrics["validation"], metrics["rows_sha256"]) == (None, None, None)
    assert metrics["status"] == "finished"
    assert set(snapshot(run.path)) == RUN_FILES - {"test_rows.safetensors"}


def test_epochs_are_the_median_of_the_best_ones(final: tuple[Run, dict[str, Any]]) -> None:
    run, metrics = final
    told = metrics["final"]
    assert len(told["best_epochs"]) == told["folds"] == FOLDS
    assert metrics["epochs"] == metrics["best_epoch"] == told["epochs"]
    assert told["epochs"] == round(median(told["best_epochs"]))
    assert len(pd.read_csv(run.path / "history.csv")) == told["epochs"]


def test_a_row_is_held_out_once_by_a_model_that_lacks_it(
    final: tuple[Run, dict[str, Any]], data: Path
) -> None:
    run, metrics = final
    table = held_out(run)
    assert sorted(table["sample"]) == sorted(run.split.train)
    config, system = run.config, run.system
    dataset = system.load(config.data)
    for number, (ids, out) in enumerate(
        draw_folds(system, dataset, NO_ROWS, config.seed, FOLDS, repeat=0)
    ):
        alone = small_config(data, seed=fold_seed(config.seed, 0, number), lr=1e-2, patience=0)
        fit = alone.fit.model_copy(update={"epochs": metrics["epochs"]})
        prepared = prepare(alone.model_copy(update={"fit": fit}), dataset, Split(ids, NO_ROWS, out))
        with open_backend("statevector", {}, 0) as backend:
            model, _ = fit_prepared(prepared, backend)
            expected = predict_rows(system, prepared.preprocessor, model, dataset.select(out))
        found = table[table["fold"] == number + 1]
        assert found["sample"].tolist() == out.tolist()
        np.testing.assert_allclose(found["prediction"], expected, atol=1e-12)


def test_scores_are_means_over_folds(final: tuple[Run, dict[str, Any]]) -> None:
    run, metrics = final
    of_folds = [score_table(run.system, rows) or {} for _, rows in held_out(run).groupby("fold")]
    scores = metrics["cross_validation"]
    assert scores["n"] == N_SAMPLES
    for row in run.system.score_rows:
        mean = corrected_mean(np.array([each[row.key] for each in of_folds]), FOLDS, row.values)
        assert scores[row.key] == pytest.approx(mean.value)
        assert scores[f"{row.key}_ci"] == pytest.approx((mean.low, mean.high))
    assert metrics["baselines"]["ridge"]["auc_ci"] is not None
    assert metrics["baselines"]["mean"]["spearman"] is None


def test_the_same_seed_trains_the_same(final: tuple[Run, dict[str, Any]], tmp_path: Path) -> None:
    run, metrics = final
    _, again = train(run.config, tmp_path / "again")
    assert {**again, "seconds": 0} == {**metrics, "seconds": 0}


@pytest.mark.parametrize(("folds", "scored"), [(0, False), (3, True)])
def test_given_epochs_are_trained(folds: int, scored: bool, data: Path, tmp_path: Path) -> None:
    stages = list[Stage]()
    config = final_config(data, folds, fixed=True)
    run, metrics = train(config, tmp_path / "run", on_stage=stages.append)
    assert metrics["epochs"] == EPOCHS
    assert metrics["final"] == {"folds": folds, "epochs": EPOCHS, "best_epochs": []}
    assert (metrics["cross_validation"] is not None) == scored
    assert [stage.number for stage in stages] == list(range(1, folds + 2))
    assert {stage.epochs for stage in stages} == {EPOCHS}
    table = new_samples(run)
    assert table[["ln_ic50_low", "ln_ic50_high"]].notna().all(axis=None) == scored
    assert table["ln_ic50"].notna().all()


def new_samples(run: Run) -> pd.DataFrame:
    expression = pd.read_csv(Path(run.config.data.source) / "expression.csv", index_col="sample")
    return load_run(run.path).predict(expression, coverage=0.5)


@pytest.mark.parametrize("n_epochs", [1, 3, 9, 17])
def test_a_killed_training_ends_with_the_same_numbers(
    n_epochs: int, final: tuple[Run, dict[str, Any]], tmp_path: Path
) -> None:
    run, metrics = final
    path = tmp_path / "killed"
    train_until_killed(run.config, path, n_epochs)
    assert "metrics.json" not in snapshot(path)
    finished = read_json(path / "folds.json")["found"] if (path / "folds.json").exists() else {}
    stages = list[Stage]()
    _, again = train(prepare_resumed(path), path, resumed=True, on_stage=stages.append)
    assert len(stages) == STAGES - len(finished)
    assert {**again, "seconds": 0} == {**metrics, "seconds": 0}
    assert set(snapshot(path)) == set(snapshot(run.path))
    for name in ("predictions.csv", "model.safetensors"):
        assert (path / name).read_bytes() == (run.path / name).read_bytes()


def test_shots_go_on_where_they_were(data: Path, tmp_path: Path) -> None:
    changes = {"backend": "aer_noisy", "backend_options": NOISE}
    config = final_config(data, 2, fixed=True).model_copy(update=changes)
    _, metrics = train(config, tmp_path / "whole")
    train_until_killed(config, tmp_path / "killed", EPOCHS + 1, 30.0)
    _, again = train(prepare_resumed(tmp_path / "killed"), tmp_path / "killed", resumed=True)
    assert {**again, "seconds": 0} == {**metrics, "seconds": 0}


def test_other_data_are_refused(final: tuple[Run, dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "killed"
    tables = make_tables()
    source = tables.write(tmp_path / "data")
    train_until_killed(final_config(source), path, 9)
    tables.response["ln_ic50"] += 0.25
    tables.write(source)
    before = snapshot(path)
    with pytest.raises(RunError, match="belongs to another training"):
        train(prepare_resumed(path), path, resumed=True)
    assert snapshot(path) == before


def test_ctrl_c_in_a_fold_leaves_what_can_go_on(data: Path, tmp_path: Path) -> None:
    heard, notes, path = list[Epoch](), list[str](), tmp_path / "run"

    def stop(epoch: Epoch) -> None:
        heard.append(epoch)
        if len(heard) == EPOCHS + 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(final_config(data), path, stop, on_note=notes.append)
    assert notes == [f"the training can go on: qkdrp train --resume {path}"]
    _, metrics = train(prepare_resumed(path), path, resumed=True)
    assert metrics["status"] == "finished"


def test_groups_are_never_divided(tmp_path: Path) -> None:
    source = make_tables().write(tmp_path / "data")
    samples = pd.read_csv(source / "expression.csv")["sample"]
    groups = pd.DataFrame({"sample": samples, "patient": [f"P{i // 3}" for i in range(N_SAMPLES)]})
    groups.to_csv(source / "samples.csv", index=False)
    config = final_config(source)
    data = config.data.model_copy(update={"group_by": "patient"})
    run, _ = train(config.model_copy(update={"data": data}), tmp_path / "run")
    joined = held_out(run).merge(groups, on="sample")
    assert len(joined[["patient", "fold"]].drop_duplicates()) == joined["patient"].nunique()


def test_it_is_not_evaluated(final: tuple[Run, dict[str, Any]]) -> None:
    run, _ = final
    before = snapshot(run.path)
    with pytest.raises(RunError, match=r"trained on all rows .* qkdrp validate RUN --data FOLDER"):
        evaluate(run, "statevector")
    assert snapshot(run.path) == before


def test_settings_that_hold_rows_out_are_refused() -> None:
    with pytest.raises(ConfigError, match="--final trains on all samples, and --stratify-test"):
        TrainConfig.make(final={}, data={"stratify_test": True})
    with pytest.raises(ConfigError, match="without folds nothing tells the number of epochs"):
        TrainConfig.make(final={"folds": 0})
    with pytest.raises(ConfigError, match="folds = 1"):
        TrainConfig.make(final={"folds": 1})


def test_too_many_folds_are_refused(data: Path) -> None:
    with pytest.raises(DataError, match="take fewer --folds"):
        prepare(final_config(data, 40))


def test_the_command(data: Path, tmp_path: Path, cli: Callable[..., CliResult]) -> None:
    path, small = tmp_path / "run", ("--n-qubits", 2, "--n-encoding", 1, "--batch-size", 16)
    options = ("--data", data, "--drug", "DrugA", "--backend", "statevector", "--threads", 1)
    result = cli(
        "train", "--final", "--epochs", 3, "--folds", 3, *options, *small, "--output", path
    )
    assert (result.code, result.err) == (0, "")
    assert "all train, 3 folds tell epochs and scores" in result.out
    assert "training 4/4 all rows" in result.out
    assert "epochs   3, as given" in result.out
    assert f"DrugA, {N_SAMPLES} cross-validated samples" in " ".join(result.out.split())
    assert "ridge" in result.out
    assert "Means over 3 folds" in (path / "README.md").read_text()
    refused = cli("train", "--folds", 3, *options, "--output", tmp_path / "other")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: --folds 3: is of --final")
    assert not (tmp_path / "other").exists()
