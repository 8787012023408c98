from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.runs.explain.explain import explain
from qkdrp.runs.explain.settings import ExplainSettings
from qkdrp.runs.train import prepare, train
from tests.qkdrp.conftest import (
    CliResult,
    Trained,
    make_tables,
    read_json,
    small_config,
    snapshot,
)
from tests.toy_system.installed import install
from tests.toy_system.system import ToyConfig

PLANTED = "GENE7"
FILES = {"importance.csv", "importance_by_run.csv", "importance.png", "explanation.json",
         "report.html"}  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Runs of two seeds on data whose response depends on one gene alone."""
    base = tmp_path_factory.mktemp("planted")
    tables = make_tables(200, 12)
    gene = tables.expression[PLANTED]
    noise = np.random.default_rng(0).normal(0, 0.3, len(gene))
    ln_ic50 = 2 * (gene - gene.mean()) + noise
    letters = np.where(ln_ic50 <= np.quantile(ln_ic50, 0.3), "S", "R")
    response = tables.response[tables.response["drug"] == "DrugA"]
    tables.response = response.assign(ln_ic50=ln_ic50.to_numpy(), response=letters)
    data = tables.write(base / "data")
    paths = [base / f"seed{seed}" for seed in range(2)]
    for seed, path in enumerate(paths):
        config = small_config(data, seed=seed, epochs=15, lr=1e-2, patience=0)
        train(prepare(config), path)
    return paths


def test_the_planted_gene_comes_first_by_both_methods(
    cli: Callable[..., CliResult], planted: list[Path], tmp_path: Path
) -> None:
    output = tmp_path / "why"
    result = cli("explain", *planted, "--top", 3, "--threads", 1, "--output", output)
    assert result.code == 0, result.err
    assert result.out.index(PLANTED) < result.out.index("over 2 runs, permutation")
    assert set(snapshot(output)) == FILES
    table = pd.read_csv(output / "importance.csv")
    assert table["feature"][0] == PLANTED
    assert len(table) == 12
    for method in ("permutation", "integrated_gradients"):
        best, next_best = table[method].nlargest(2)
        assert table[method][0] == best > 5 * next_best
        assert table[f"{method}_rank"][0] == 1
    assert table["slope"][0] > 0, "more of it, a higher ln IC50"
    by_run = pd.read_csv(output / "importance_by_run.csv")
    assert by_run["run"].tolist() == ["seed0"] * 12 + ["seed1"] * 12
    record = read_json(output / "explanation.json")
    assert record["intervals_over"] == "runs"
    assert record["stability"]["permutation"]["overlap"]["mean"] >= 1 / 3
    assert max(run["completeness_gap"] for run in record["runs"]) < 1e-5


def test_one_run_is_explained_inside_its_folder(cli: Callable[..., CliResult], run: Path) -> None:
    result = cli("explain", run, "--repeats", 2, "--backend", "aer_exact", "--threads", 1)
    assert result.code == 0, result.err
    assert "give several runs" in result.out
    folder = run / "explanations" / "1-run"
    assert set(snapshot(folder)) == FILES
    table = pd.read_csv(folder / "importance.csv")
    assert (table["permutation_low"] <= table["permutation_high"]).all()
    record = read_json(folder / "explanation.json")
    assert (record["intervals_over"], record["stability"]["permutation"]) == ("rows", None)


def test_both_exact_backends_agree_and_the_seed_decides(run: Path, tmp_path: Path) -> None:
    tables = [
        explain(
            [run],
            ExplainSettings(backend=backend, repeats=2, threads=1, seed=seed),
            tmp_path / f"{backend}{seed}",
        ).table.set_index("feature")
        for backend, seed in [("statevector", 0), ("aer_exact", 0), ("statevector", 1)]
    ]
    first, other, reseeded = (table[["permutation", "slope"]].sort_index() for table in tables)
    np.testing.assert_allclose(first, other, atol=1e-6)
    assert not np.allclose(first["permutation"], reseeded["permutation"], atol=1e-6)
    np.testing.assert_array_equal(first["slope"], reseeded["slope"])


def test_rows_of_training_are_left_out_of_other_data(
    trained: Trained, run: Path, cli: Callable[..., CliResult], tmp_path: Path
) -> None:
    tables = make_tables()
    extra = tables.expression.head(5).assign(sample=[f"NEW{number}" for number in range(5)])
    tables.expression = pd.concat([tables.expression.head(50), extra], ignore_index=True)
    more = tables.response[tables.response["sample"].isin([f"C{n:03d}" for n in range(5)])]
    more = more.assign(sample=more["sample"].str.replace("C00", "NEW"))
    kept = tables.response[tables.response["sample"].isin(tables.expression["sample"])]
    tables.response = pd.concat([kept, more], ignore_index=True)
    data = tables.write(tmp_path / "other")
    result = cli("explain", run, "--data", data, "--threads", 1, "--output", tmp_path / "why")
    assert result.code == 0, result.err
    record = read_json(tmp_path / "why" / "explanation.json")["runs"][0]
    split = pd.read_csv(run / "split.csv")
    own = set(split.loc[split["part"] != "test", "sample"])
    there = set(tables.expression["sample"])
    assert record["rows"] == len(there - own)
    assert record["left_out"] == len(there & own)
    assert "left out" in result.err


def test_another_system_needs_nothing_and_features_have_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Callable[..., CliResult]
) -> None:
    install(tmp_path / "site", monkeypatch)
    fit = {"epochs": 20, "batch_size": 8, "lr": 0.05}
    config = ToyConfig.make(fit=fit, backend="statevector", seed=3, threads=1)
    train(config, tmp_path / "run")
    result = cli("explain", tmp_path / "run", "--threads", 1)
    assert result.code == 0, result.err
    table = pd.read_csv(tmp_path / "run" / "explanations" / "1-run" / "importance.csv")
    assert set(table["feature"]) == {"x0[0]", "x0[1]", "x0[2]"}
    assert table["feature"].iloc[-1] == "x0[2]", "the outcomes do not depend on it"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--backend", "aer_noisy"), "statevector or aer_exact"),
        (("--repeats", 0), "repeats = 0"),
        (("--top", 0), "top = 0"),
        (("--data", "nowhere"), "nowhere"),
    ],
)
def test_bad_options_write_nothing(
    options: tuple[object, ...], words: str, run: Path, cli: Callable[..., CliResult]
) -> None:
    before = snapshot(run)
    result = cli("explain", run, *options)
    assert result.code == 2
    assert words in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert snapshot(run) == before


def test_the_same_run_twice_is_no_second_seed(run: Path, cli: Callable[..., CliResult]) -> None:
    result = cli("explain", run, run)
    assert result.code == 2
    assert "same model" in result.err
