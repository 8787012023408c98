"""Several trainings in one command: a run for each target, the table, going on, what fails."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from qkdrp.common.errors import ConfigError, RunError
from qkdrp.runs.folder import load_run, read_metrics
from qkdrp.runs.prepare import Prepared
from qkdrp.runs.run_path import run_paths
from qkdrp.runs.train_each import (
    Outcome,
    State,
    choose_targets,
    claim_trainings,
    train_each,
    train_silently,
)
from qkdrp.systems.response.config import TrainConfig
from tests.qkdrp.conftest import (
    DRUGS,
    N_SAMPLES,
    CliResult,
    make_tables,
    read_json,
    small_config,
    snapshot,
)
from tests.toy_system.system import ToyConfig

SMALL = ("--n-qubits", 2, "--n-encoding", 1, "--epochs", 2, "--batch-size", 16, "--threads", 1)


def config_of(source: Path) -> TrainConfig:
    config = small_config(source)
    return config.model_copy(update={"data": config.data.model_copy(update={"drug": None})})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parent folder with a run for each drug; copy before you spoil it."""
    base = tmp_path_factory.mktemp("each")
    trainings = claim_trainings(
        config_of(make_tables().write(base / "data")), DRUGS, base / "parent"
    )
    assert {each.state for each in train_each(trainings)} == {State.TRAINED}
    return base / "parent"


def trained_again(path: Path, **options: Any) -> tuple[list[Outcome], list[str]]:
    """Give the same command for a parent folder; return outcomes and what was trained."""
    trained = list[str]()

    def train_one(prepared: Prepared, folder: Path, resumed: bool) -> Mapping[str, Any]:
        trained.append(folder.name)
        return train_silently(prepared, folder, resumed)

    source = Path(read_json(path / "settings.json")["data"]["source"])
    trainings = claim_trainings(config_of(source), DRUGS, path)
    return train_each(trainings, options.get("train_one", train_one)), trained


def leave_as_killed(run: Path) -> None:
    """Leave what a training does that was killed before its first checkpoint."""
    shutil.rmtree(run / "figures")
    for path in run.iterdir():
        if path.name not in {"config.json", "split.csv"}:
            path.unlink()
    (run / f".history-{'a' * 32}.csv").touch()


def test_each_drug_gets_a_run_and_rows_of_the_table(whole: Path) -> None:
    assert {each.name for each in whole.iterdir()} == {
        "druga", "drugb", "scores.csv", "scores.md", "settings.json",
    }  # fmt: skip
    table = pd.read_csv(whole / "scores.csv")
    assert table[["target", "model"]].to_numpy().tolist() == [
        [drug, model] for drug in DRUGS for model in ("moderated", "mean", "ridge")
    ]
    for drug in DRUGS:
        run = load_run(whole / drug.lower())
        assert run.config.data.drug == drug
        scores = read_metrics(run.path)["test"]
        row = table[(table["target"] == drug) & (table["model"] == "moderated")].iloc[0]
        assert (row["auc"], row["auc_low"], row["auc_high"]) == (scores["auc"], *scores["auc_ci"])
    text = (whole / "scores.md").read_text()
    assert text.count("| ridge |") == text.count("| moderated |") == len(DRUGS)


def test_finished_runs_are_kept(whole: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(whole, tmp_path / "parent"))
    before = snapshot(path)
    outcomes, trained = trained_again(path)
    assert ([each.state for each in outcomes], trained) == ([State.KEPT] * 2, [])
    assert snapshot(path) == before
    leave_as_killed(path / "drugb")
    outcomes, trained = trained_again(path)
    assert ([each.state for each in outcomes], trained) == ([State.KEPT, State.TRAINED], ["drugb"])
    assert (path / "scores.md").read_bytes() == before["scores.md"]


def test_a_run_of_other_settings_is_left_alone(whole: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(whole, tmp_path / "parent"))
    shutil.rmtree(path / "drugb")
    shutil.copytree(path / "druga", path / "drugb")
    before = snapshot(path / "drugb")
    outcomes, _ = trained_again(path)
    assert outcomes[1].state is State.FAILED
    assert "holds a run of other settings" in outcomes[1].problem
    assert snapshot(path / "drugb") == before


def test_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    tables = make_tables()
    tables.response.loc[tables.response["drug"] == "DrugA", "response"] = "R"
    source = tables.write(tmp_path / "data")
    parent = tmp_path / "parent"
    outcomes = train_each(claim_trainings(config_of(source), DRUGS, parent))
    assert [each.state for each in outcomes] == [State.FAILED, State.TRAINED]
    assert "DrugA" in outcomes[0].problem
    table = pd.read_csv(parent / "scores.csv")
    assert outcomes[0].problem in table["problem"].tolist()
    assert f"**DrugA** failed: {outcomes[0].problem}" in (parent / "scores.md").read_text()


def test_a_bug_in_one_does_not_stop_the_others(whole: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(whole, tmp_path / "parent"))
    for drug in ("druga", "drugb"):
        leave_as_killed(path / drug)

    def train_one(prepared: Prepared, folder: Path, resumed: bool) -> Mapping[str, Any]:
        if folder.name == "druga":
            raise ZeroDivisionError("by chance")
        return train_silently(prepared, folder, resumed)

    outcomes, _ = trained_again(path, train_one=train_one)
    assert [each.state for each in outcomes] == [State.FAILED, State.TRAINED]
    assert outcomes[0].problem == "ZeroDivisionError: by chance"


def test_other_settings_need_another_parent(whole: Path) -> None:
    before = snapshot(whole)
    config = config_of(whole.parent / "data").model_copy(update={"seed": 5})
    with pytest.raises(RunError, match=r"other settings \(different: seed\)"):
        claim_trainings(config, DRUGS, whole)
    with pytest.raises(RunError, match="already there"):
        claim_trainings(config, DRUGS, whole / "druga")
    assert snapshot(whole) == before


def test_targets_are_chosen(folder: Path) -> None:
    config = config_of(folder)
    assert choose_targets(config, ["all"]) == list(DRUGS)
    assert choose_targets(config, ["DrugB", "DrugB"]) == ["DrugB"]
    with pytest.raises(ConfigError, match="did you mean 'DrugB'"):
        choose_targets(config, ["DrugA", "DrgB"])
    with pytest.raises(ConfigError, match="expected some of"):
        choose_targets(config, [])


def test_a_system_without_a_choice_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.toy_system.installed import install

    install(tmp_path / "site", monkeypatch)
    with pytest.raises(ConfigError, match="learned from as a whole"):
        choose_targets(ToyConfig.make(), ["all"])


def test_a_parent_stands_for_its_runs(whole: Path) -> None:
    runs = [whole / "druga", whole / "drugb"]
    assert run_paths([whole]) == run_paths(sorted(whole.iterdir())) == runs
    with pytest.raises(RunError, match="no run folder"):
        run_paths([whole.parent])


def test_the_command_ranks_drugs_afterwards(
    folder: Path, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    parent, output = tmp_path / "parent", tmp_path / "ranks.csv"
    options = ("--data", folder, "--backend", "statevector", *SMALL)
    command = ("train", "--drugs", "all", "--final", "--folds", 3, *options, "--output", parent)
    result = cli(*command)
    assert (result.code, result.err) == (0, "")
    assert "[2/2] DrugB" in result.out
    assert f"parent folder: {parent}" in result.out
    assert "ridge" in result.out
    assert "DrugA: kept; 2 epochs; AUC: moderated" in cli(*command).out
    found = cli("predict", *sorted(parent.iterdir()), "--data", folder, "--output", output)
    assert found.code == 0, found.err
    table = pd.read_csv(output)
    assert len(table) == N_SAMPLES * len(DRUGS)
    assert set(table["rank"]) == {1, 2}
    assert table[["percentile_low", "rank_high"]].notna().all(axis=None)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("--drugs", "DrugA,Nothing"), "'Nothing' is not in"),
        (("--drugs", "all", "--drug", "DrugA"), "give one of them"),
        (("--drugs", ""), "Found no name"),
        (("--drugs", "all", "--model", "modrated"), "did you mean 'moderated'"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    given: tuple[str, ...], problem: str, folder: Path, tmp_path: Path,
    cli: Callable[..., CliResult],
) -> None:  # fmt: skip
    result = cli("train", "--data", folder, *given, "--output", tmp_path / "parent")
    assert (result.code, result.out) == (2, "")
    assert problem in result.err
    assert not (tmp_path / "parent").exists()
