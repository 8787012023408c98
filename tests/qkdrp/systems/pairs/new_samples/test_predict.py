"""Runs of pairs predict for new drugs and new cell lines, and refuse faulty tables in one line."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import qkdrp
from qkdrp.runs.folder import Run
from qkdrp.systems.pairs.data.pair_data import PairData
from tests.qkdrp.conftest import CliResult, read_json

Cli = Callable[..., CliResult]
TEXTS = {"sample": str, "drug": str}
EXACT = 1e-6
LN_EXACT = 50 * EXACT
"""The same in ln IC50, which is 40 times as steep as the target t."""


def predicted(cli: Cli, output: Path, *words: object) -> tuple[pd.DataFrame, CliResult]:
    result = cli("predict", *words, "--threads", 1, "--output", output)
    assert result.code == 0, result.err
    return pd.read_csv(output, dtype=TEXTS), result


def test_alone_in_a_batch_and_in_the_matrix_it_is_the_same(
    both_left_out: Run, pairs: PairData, tmp_path: Path, cli: Cli
) -> None:
    whole, _ = predicted(cli, tmp_path / "whole.csv", both_left_out.path)
    assert len(whole) == len(pairs.lines) * len(pairs.drugs)
    table = whole.set_index(["sample", "drug"])
    asked = whole.iloc[[5, 700, 4321, 9000]][["sample", "drug"]]
    asked.to_csv(tmp_path / "asked.csv", index=False)
    few, _ = predicted(cli, tmp_path / "few.csv", both_left_out.path, "--pairs",
                       tmp_path / "asked.csv")  # fmt: skip
    assert few[["sample", "drug"]].to_numpy().tolist() == asked.to_numpy().tolist()
    numbers = ["t", "tanimoto", "line_distance"]
    keys = pd.MultiIndex.from_frame(asked)
    np.testing.assert_allclose(few[numbers], table.loc[keys, numbers], rtol=0, atol=EXACT)
    units = ["ln_ic50", "ln_ic50_low", "ln_ic50_high"]
    np.testing.assert_allclose(few[units], table.loc[keys, units], rtol=0, atol=LN_EXACT)
    run = qkdrp.load_run(both_left_out.path)
    alone = run.predict(pairs=asked.iloc[[2]])
    np.testing.assert_allclose(alone[numbers], few.iloc[[2]][numbers], rtol=0, atol=EXACT)
    own = run.predict(pairs.select(run.split.test))
    written = pd.read_csv(run.path / "predictions.csv", dtype=TEXTS).query("part == 'test'")
    there = table.loc[pd.MultiIndex.from_frame(written[["sample", "drug"]])]
    np.testing.assert_allclose(there["t"], own, rtol=0, atol=EXACT)
    np.testing.assert_allclose(there["measured_ln_ic50"], written["ln_ic50"], rtol=0, atol=EXACT)


def test_new_molecules_and_lines(
    both_left_out: Run, drugs: Path, features: Path, tmp_path: Path, cli: Cli
) -> None:
    output = tmp_path / "p.csv"
    table, result = predicted(cli, output, both_left_out.path, "--drugs", drugs, "--features",
                              features, "--coverage", 0.8)  # fmt: skip
    assert np.isfinite(table["ln_ic50_high"]).all()
    assert table[["sample", "drug"]].to_numpy().tolist() == [
        [line, drug] for line in ("X1", "X2", "X3") for drug in ("N1", "N2")
    ]
    assert set(table["new"]) == {"line and drug"}
    assert (table["ln_ic50_low"] < table["ln_ic50"]).all()
    assert (table["ln_ic50"] < table["ln_ic50_high"]).all()
    np.testing.assert_allclose(table["ic50_um"], np.exp(table["ln_ic50"]))
    assert set(table.loc[table["drug"] == "N1", "outside"]) <= {"drug", "line and drug"}
    assert table["tanimoto"].between(0, 1, inclusive="left").all()
    assert table["nearest_name"].notna().all()
    assert "1 columns that the model does not read: extra" in " ".join(result.out.split())
    assert "outside the known range" in " ".join(result.err.split())
    record = read_json(output.with_suffix(".json"))
    (found,) = record["matched"].values()
    assert (found["drugs"]["new"], found["lines"]["new"]) == (2, 3)
    assert "How near the drugs are" in output.with_suffix(".html").read_text()


def test_each_bound_comes_from_pairs_that_are_new_alike(
    both_left_out: Run, pairs_left_out: Run, drugs: Path, tmp_path: Path, cli: Cli
) -> None:
    """A run that left no drug out has no bounds for new ones, and names what helps."""
    table, result = predicted(cli, tmp_path / "a.csv", pairs_left_out.path, "--drugs", drugs)
    assert table["ln_ic50_low"].isna().all()
    assert table["ln_ic50"].notna().all()
    said = " ".join(result.err.split())
    assert "no bounds where the drug is new" in said
    assert "--split ldo or lcdo" in said
    whole, result = predicted(cli, tmp_path / "b.csv", both_left_out.path)
    width = (whole["ln_ic50_high"] - whole["ln_ic50_low"]).groupby(whole["new"])
    assert width.nunique().max() <= 3  # one width for each way of being new, but for rounding
    assert width.max().notna().all()
    assert set(width.groups) == {"pair", "line", "drug", "line and drug"}
    assert "no bounds" not in result.err


def test_the_same_molecule_under_another_name_is_known(
    both_left_out: Run, pairs: PairData, tmp_path: Path, cli: Cli
) -> None:
    split = pd.read_csv(both_left_out.path / "predictions.csv", dtype=TEXTS)
    known = split.query("part == 'train'")["drug"].iloc[0]
    smiles = pairs.drugs.smiles[pairs.drugs.ids.tolist().index(known)]
    frame = pd.DataFrame({"drug": ["mine"], "smiles": [smiles]})
    table = qkdrp.load_run(both_left_out.path).predict(drugs=frame)
    assert set(table["new"]) == {"pair", "line"}
    assert (table["tanimoto"] == 1).all()
    renamed = frame.assign(drug=known)
    measured = qkdrp.load_run(both_left_out.path).predict(drugs=renamed)["measured_ln_ic50"]
    assert measured.notna().any()


def test_ranks_put_unmeasured_pairs_first(both_left_out: Run, tmp_path: Path, cli: Cli) -> None:
    table, result = predicted(cli, tmp_path / "p.csv", both_left_out.path, "--rank")
    assert "Best drugs for each cell line" in result.out
    assert "Best cell lines for each drug" in result.out
    for group, rank in (("sample", "drug_rank"), ("drug", "line_rank")):
        for _, rows in table.groupby(group):
            ordered = rows.sort_values(rank)
            assert ordered[rank].tolist() == list(range(1, len(rows) + 1))
            there = ordered["measured_ln_ic50"].notna().to_numpy()
            assert (np.diff(there.astype(int)) >= 0).all()
            for part in (there, ~there):
                assert ordered.loc[part, "ln_ic50"].is_monotonic_increasing
    assert "Best drugs for each cell line" in (tmp_path / "p.html").read_text()


def test_runs_of_several_seeds_predict_together(
    both_left_out: Run, train_pairs: Callable[..., Run], drugs: Path, tmp_path: Path, cli: Cli
) -> None:
    other = train_pairs("lcdo", seed=4)
    runs = (both_left_out.path, other.path)
    asked = ("--drugs", drugs, "--coverage", 0.8)
    table, _ = predicted(cli, tmp_path / "p.csv", *runs, *asked)
    single = [predicted(cli, tmp_path / f"{n}.csv", run, *asked)[0]
              for n, run in enumerate(runs)]  # fmt: skip
    mean = (single[0]["ln_ic50"] + single[1]["ln_ic50"]) / 2
    np.testing.assert_allclose(table["ln_ic50"], mean, atol=EXACT)
    np.testing.assert_allclose(
        table["ln_ic50_sd"], (single[0]["ln_ic50"] - single[1]["ln_ic50"]).abs() / np.sqrt(2),
        atol=EXACT,
    )  # fmt: skip
    assert np.isfinite(table["ln_ic50_high"]).all()
    highs = np.stack([each["ln_ic50_high"] for each in single])
    assert (table["ln_ic50_high"] >= highs.min(axis=0) - EXACT).all()
    assert (table["ln_ic50_high"] <= highs.max(axis=0) + EXACT).all()


def spoiled(path: Path, old: str, new: str) -> Path:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


@pytest.mark.parametrize(
    ("option", "content", "message"),
    [
        ("--drugs", "drug,smiles\nA,C1CC\n", "drug 'A': RDKit reads no molecule"),
        ("--drugs", "drug,smiles\nA,\nB,C\n", "row 'A' has no smiles"),
        ("--drugs", "drug,smiles\nA,C\nA,CC\n", "duplicate drugs A"),
        ("--drugs", "drug,formula\nA,C\n", "column smiles is missing; found formula"),
        ("--drugs", "drug,smiles\n", "the table is empty"),
        ("--features", "sample,A\nX,1\n", "features are missing"),
        ("--pairs", "sample,drug\nX,Y\n", "cell line 'X' is neither in --features"),
        ("--pairs", "sample,mass\nX,Y\n", "column drug is missing; found mass"),
        ("--data", "x\n1\n", "expected a folder"),
    ],
)
def test_a_faulty_table_is_one_line(
    option: str, content: str, message: str, pairs_left_out: Run, tmp_path: Path, cli: Cli
) -> None:
    (tmp_path / "faulty.csv").write_text(content)
    result = cli("predict", pairs_left_out.path, option, tmp_path / "faulty.csv", "--output",
                 tmp_path / "p.csv")  # fmt: skip
    assert (result.code, result.err.count("\n")) == (2, 1), result.err
    assert message in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["faulty.csv"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda frame: frame.drop(columns=frame.columns[7]), "1 of the model's"),
        (lambda frame: frame.astype(object).replace(1, "yes"), "holds 'yes', expected a number"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), "duplicate samples X1"),
        (lambda frame: frame.rename(index={"X1": "LINE"}), "with other features"),
    ],
)
def test_faulty_features_are_one_line(
    edit: Callable[[pd.DataFrame], pd.DataFrame], message: str, pairs_left_out: Run,
    pairs: PairData, features: Path, tmp_path: Path, cli: Cli,
) -> None:  # fmt: skip
    frame = edit(pd.read_csv(features, index_col=0).drop(columns="extra"))
    frame.rename(index={"LINE": pairs.lines.ids[5]}).to_csv(features)
    result = cli("predict", pairs_left_out.path, "--features", features, "--output",
                 tmp_path / "p.csv")  # fmt: skip
    assert (result.code, result.err.count("\n")) == (2, 1), result.err
    assert message in result.err
    if message.startswith("1 of"):
        assert repr(str(pairs.lines.features[7])) in result.err
    assert not (tmp_path / "p.csv").exists()


def test_pairs_name_known_and_new_ones(
    pairs_left_out: Run, pairs: PairData, drugs: Path, tmp_path: Path, cli: Cli
) -> None:
    trained = pairs.select(pairs_left_out.split.train[:1])
    line, known = trained.samples[0], trained.drug_ids[0]
    (tmp_path / "list.csv").write_text(f"sample,drug\n{line},N2\n{line},{known}\n")
    asked = ("--drugs", drugs, "--pairs", tmp_path / "list.csv")
    table, _ = predicted(cli, tmp_path / "p.csv", pairs_left_out.path, *asked)
    assert table["drug"].tolist() == ["N2", known]
    assert table["new"].tolist() == ["drug", "pair"]
    spoiled(tmp_path / "list.csv", "N2", "N3")
    result = cli("predict", pairs_left_out.path, *asked, "--output", tmp_path / "q.csv")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "drug 'N3' is neither in --drugs nor among those of the run" in result.err
    assert not (tmp_path / "q.csv").exists()


def test_options_of_another_system_are_named(pairs_left_out: Run, tmp_path: Path, cli: Cli) -> None:
    result = cli("predict", pairs_left_out.path, "--align", "none")
    assert result.code == 2
    assert re.match(r"error: --align: is of the system 'response'", result.err)
    cohort = cli("validate", pairs_left_out.path, "--data", tmp_path, "--output", tmp_path / "v")
    assert cohort.code == 2
    assert "not scored on cohorts" in cohort.err


def test_without_its_data_a_run_predicts_what_it_is_given(
    pairs_left_out: Run, drugs: Path, tmp_path: Path, cli: Cli
) -> None:
    """The run keeps its own lines, so the data that it was trained on are not read."""
    table = qkdrp.load_run(pairs_left_out.path).predict(drugs=pd.read_csv(drugs))
    assert set(table["drug"]) == {"N1", "N2"}
    with pytest.raises(qkdrp.QkdrpError, match="expected new drugs as drugs="):
        qkdrp.load_run(pairs_left_out.path).predict(pd.DataFrame({"a": [1]}))
