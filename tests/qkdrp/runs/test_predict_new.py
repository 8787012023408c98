import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import qkdrp
from qkdrp.runs.predict_new import PredictionRequest, predict_new
from qkdrp.runs.train import prepare, train
from qkdrp.systems.response.new_samples.settings import ResponseSampleSettings
from tests.qkdrp.conftest import CliResult, Trained, make_tables, read_json, small_config

COLUMNS = ["sample", "ln_ic50", "ln_ic50_low", "ln_ic50_high", "label", "percentile"]


@pytest.fixture
def expression(trained: Trained) -> pd.DataFrame:
    return pd.read_csv(trained.data / "expression.csv").set_index("sample")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A run of another seed, and one of another drug."""
    base = tmp_path_factory.mktemp("others")
    data = make_tables().write(base / "data")
    for name, seed, drug in (("seed1", 1, "DrugA"), ("drug-b", 0, "DrugB")):
        config = small_config(data, seed=seed, lr=0.01, epochs=3)
        changed = config.data.model_copy(update={"drug": drug})
        train(prepare(config.model_copy(update={"data": changed})), base / name)
    return [base / "seed1", base / "drug-b"]


def predicted(
    runs: list[Path], frame: pd.DataFrame, folder: Path, **settings: object
) -> pd.DataFrame:
    """Predict a table through a file, as the command does."""
    folder.mkdir(exist_ok=True)
    number = len(list(folder.iterdir()))
    source = folder / f"in{number}.csv"
    frame.rename_axis("sample").reset_index().to_csv(source, index=False)
    backend = str(settings.pop("backend", "statevector"))
    request = PredictionRequest(
        runs,
        str(source),
        folder / f"out{number}.csv",
        ResponseSampleSettings.make(**settings),
        threads=1,
    )
    table = predict_new(request, backend).table
    pd.testing.assert_frame_equal(
        pd.read_csv(request.output, dtype={"sample": str}), table, check_dtype=False
    )
    return table


def test_one_batch_backend_and_language_agree(
    trained: Trained, expression: pd.DataFrame, tmp_path: Path, rng: np.random.Generator
) -> None:
    whole = predicted([trained.run], expression, tmp_path / "a", align="none")
    assert whole.columns.tolist() == COLUMNS
    shuffled = expression[rng.permutation(expression.columns)].assign(EXTRA=1e3)
    by_python = qkdrp.load_run(trained.run).predict(expression, align="none")
    for other in (
        predicted([trained.run], expression, tmp_path / "a", align="none", backend="aer_exact"),
        predicted([trained.run], shuffled, tmp_path / "a", align="none"),
        by_python,
    ):
        check_same(other, whole)
    alone = predicted([trained.run], expression.iloc[[7]], tmp_path / "a", align="none")
    check_same(alone, whole.iloc[[7]])


def check_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Places among training predictions that lie close together magnify rounding."""
    assert found["sample"].tolist() == expected["sample"].tolist()
    np.testing.assert_allclose(found[COLUMNS[1:5]], expected[COLUMNS[1:5]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found["percentile"], expected["percentile"], rtol=0, atol=0.1)


def test_known_samples_get_what_training_says(
    trained: Trained, expression: pd.DataFrame, tmp_path: Path
) -> None:
    table = predicted([trained.run], expression, tmp_path / "a", align="none").set_index("sample")
    known = pd.read_csv(trained.run / "predictions.csv").set_index("sample")
    np.testing.assert_allclose(table["label"], known.loc[table.index, "prediction"], atol=1e-6)
    assert table["percentile"].between(0, 100).all()
    assert table.sort_values("label")["percentile"].is_monotonic_increasing
    width = table["ln_ic50_high"] - table["ln_ic50_low"]
    np.testing.assert_allclose(width, width.iloc[0])
    held_out = known[known["part"] == "validation"].index
    held = known.loc[held_out, "ln_ic50"].between(
        table.loc[held_out, "ln_ic50_low"], table.loc[held_out, "ln_ic50_high"]
    )
    assert held.mean() >= 0.9


def test_seeds_are_an_ensemble_and_drugs_a_ranking(
    trained: Trained, others: list[Path], expression: pd.DataFrame, tmp_path: Path
) -> None:
    one = predicted([trained.run], expression, tmp_path / "a")
    both = predicted([trained.run, others[0]], expression, tmp_path / "a")
    assert both.columns.tolist() == [*COLUMNS, "ln_ic50_sd"]
    assert (both["ln_ic50_sd"] > 0).all()
    assert not np.allclose(both["ln_ic50"], one["ln_ic50"])
    ranked = predicted([trained.run, *others], expression, tmp_path / "a")
    assert ranked.columns.tolist()[:7] == ["sample", "drug", *COLUMNS[1:6]]
    assert len(ranked) == 2 * len(expression)
    first = ranked[ranked["rank"] == 1].groupby("sample")["percentile"].min()
    assert (first == ranked.groupby("sample")["percentile"].min()).all()


def test_missing_genes_are_named_and_filled(
    trained: Trained, expression: pd.DataFrame, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    fewer = expression.drop(columns=["GENE3", "GENE7"])
    fewer.rename_axis("sample").reset_index().to_csv(tmp_path / "few.csv", index=False)
    output = tmp_path / "new.csv"
    result = cli("predict", trained.run, "--data", tmp_path / "few.csv", "--output", output)
    assert result.code == 0, result.err
    assert "genes    13 of 15 (87%)" in result.out
    assert {path.name for path in tmp_path.iterdir()} == {
        "few.csv",
        "new.csv",
        "new.html",
        "new.json",
    }
    record = read_json(tmp_path / "new.json")
    (matched,) = record["matched"].values()
    assert set(matched["missing_genes"]) == {"GENE3", "GENE7"}
    assert 0 < matched["share_of_weight"] < 1
    page = (tmp_path / "new.html").read_text()
    assert page.count("data:image/png") == 2
    assert "GENE3" in page
    filled = expression.copy()
    transform = qkdrp.load_run(trained.run).preprocessor.transform
    for gene, mean in zip(transform.genes, transform.fill, strict=True):
        if gene in {"GENE3", "GENE7"}:
            filled[gene] = mean
    expected = predicted([trained.run], filled, tmp_path / "a", align="none")
    found = predicted([trained.run], fewer, tmp_path / "a", align="none")
    np.testing.assert_allclose(found["label"], expected["label"], atol=1e-6)


def test_another_platform_is_aligned_and_said(
    trained: Trained, expression: pd.DataFrame, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    moved = 0.3 * expression + 8
    moved.rename_axis("sample").reset_index().to_csv(tmp_path / "moved.csv", index=False)
    words = ("--data", tmp_path / "moved.csv", "--output")
    result = cli("predict", trained.run, *words, tmp_path / "auto.csv")
    assert "align    standardise: gene means differ by" in result.out
    table = pd.read_csv(tmp_path / "auto.csv")
    home = predicted([trained.run], expression, tmp_path / "a", align="standardise")
    np.testing.assert_allclose(table["label"], home["label"], atol=1e-5)
    far = cli("predict", trained.run, *words, tmp_path / "none.csv", "--align", "none")
    assert "their predictions are extrapolation" in far.err


def test_runs_of_earlier_versions_predict(
    trained: Trained, run: Path, expression: pd.DataFrame, tmp_path: Path
) -> None:
    before = predicted([run], expression, tmp_path / "a")
    (run / "reference.safetensors").unlink()
    again = predicted([run], expression, tmp_path / "a")  # made again from the training data
    pd.testing.assert_frame_equal(again, before)
    config = (run / "config.json").read_text().replace(str(trained.data), "/gone")
    (run / "config.json").write_text(config)
    pd.testing.assert_frame_equal(predicted([run], expression, tmp_path / "a"), before)
    record = read_json(max((tmp_path / "a").glob("*.json")))
    assert any("give --train-data" in each for each in record["warnings"])


def test_synthetic_samples_say_so(
    tmp_path: Path, cli: Callable[..., CliResult], tmp_path_factory: pytest.TempPathFactory
) -> None:
    train(prepare(small_config("synthetic", model="classic", epochs=1)), tmp_path / "run")
    output = ("--output", tmp_path / "p.csv")
    result = cli("predict", tmp_path / "run", "--data", "synthetic", *output)
    assert result.code == 0, result.err
    assert "SYNTHETIC" in result.out
    assert "SYNTHETIC DATA" in (tmp_path / "p.html").read_text()
    assert not (tmp_path / "p-files").exists()


def test_noise_leaves_its_files_and_a_warning(
    trained: Trained, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    noise = ("--backend", "aer_noisy", "--noise", "depolarizing:p1=1e-3,p2=1e-2")
    where = ("--data", trained.data, "--output", tmp_path / "p.csv")
    result = cli("predict", trained.run, *where, *noise, "--threads", 1)
    assert result.code == 0, result.err
    assert "noise and shots of aer_noisy are in the predictions only" in result.err
    assert (tmp_path / "p-files" / "prepared.qpy").is_file()


def test_the_output_is_never_overwritten(
    trained: Trained, tmp_path: Path, cli: Callable[..., CliResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert cli("predict", trained.run, "--data", trained.data, "--threads", 1).code == 0
    assert {p.name for p in tmp_path.glob("*.csv")} == {"predictions.csv", "predictions-2.csv"}
    result = cli("predict", trained.run, "--data", trained.data, "--output", "predictions.csv")
    assert result.code == 2
    assert "already there" in result.err


def test_a_moved_copy_predicts_the_same(
    trained: Trained, run: Path, expression: pd.DataFrame, tmp_path: Path
) -> None:
    moved = Path(shutil.move(run, tmp_path / "moved"))
    pd.testing.assert_frame_equal(
        predicted([moved], expression, tmp_path / "a"),
        predicted([trained.run], expression, tmp_path / "a"),
    )
