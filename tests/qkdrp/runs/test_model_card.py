from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from qkdrp.runs.folder import load_run, read_config, read_metrics
from qkdrp.runs.model_card import licence_of, model_card, without_place
from qkdrp.runs.train import train
from qkdrp.systems.registry import find_system
from qkdrp.systems.response.system import ResponseSystem
from qkdrp.training.card import CardText
from tests.qkdrp.conftest import CliResult, Trained, read_json, small_config
from tests.toy_system.installed import install
from tests.toy_system.system import ToyConfig


def test_a_hub_reads_the_card(trained: Trained) -> None:
    card = ModelCard.load(trained.run / "README.md")
    assert card.data.library_name == "qkdrp"
    assert {"qkdrp", "drug-response", "quantum"} <= set(card.data.tags or [])
    scores = {each.metric_type: each for each in card.data.eval_results or []}
    test = read_json(trained.run / "metrics.json")["test"]
    further = {"aupr", "kendall", "rmse", "mae", "r2"}
    assert set(scores) == {"auc", "spearman", "pearson", "mse", *further}
    assert scores["auc"].metric_value == pytest.approx(test["auc"])
    assert "95% interval" in str(scores["auc"].metric_name)
    assert scores["auc"].dataset_name == "response to DrugA"


def test_the_card_says_what_was_measured_and_where_it_ends(trained: Trained) -> None:
    text = (trained.run / "README.md").read_text()
    metrics = read_json(trained.run / "metrics.json")
    for words in (
        "## Intended use",
        "## Limits",
        "no medical device",
        f"The test samples hold {metrics['test']['n_responder']} responders",
        f"{metrics['n_train']} samples for training",
        metrics["data_sha256"],
        f"{metrics['test']['mse']:.3f} ({metrics['test']['mse_ci'][0]:.2f}",
        f"{metrics['baselines']['ridge']['auc']:.3f}",
        "qiskit-machine-learning",
    ):
        assert words in text
    assert str(trained.data) not in text, "no place of this machine"
    assert "tables in data" in text


def test_the_licence_is_told_or_stands_in_the_data_folder(trained: Trained, tmp_path: Path) -> None:
    config = read_config(trained.run)
    assert "not told" in licence_of(config)
    assert licence_of(config.model_copy(update={"data_licence": "CC BY 4.0"})) == "CC BY 4.0"
    (tmp_path / "LICENSE.txt").write_text("\n  Open Data Commons\nmore\n")
    data = config.data.model_copy(update={"source": str(tmp_path)})
    found = licence_of(config.model_copy(update={"data": data}))
    assert found == "Open Data Commons (`LICENSE.txt` of the data folder)"
    (tmp_path / "LICENSE.txt").write_bytes(b"\xff\xfe\x00")
    assert "not told" in licence_of(config.model_copy(update={"data": data}))


def test_train_takes_the_licence(
    cli: Callable[..., CliResult], folder: Path, tmp_path: Path
) -> None:
    asked = ("--data", folder, "--drug", "DrugA", "--epochs", 1, "--backend", "statevector")
    sized = ("--threads", 1, "--n-qubits", 2, "--output", tmp_path / "run")
    result = cli("train", *asked, *sized, "--data-licence", 'MIT "as is"')
    assert result.code == 0, result.err
    assert 'Licence of the data: MIT "as is"' in (tmp_path / "run" / "README.md").read_text()
    assert read_json(tmp_path / "run" / "config.json")["data_licence"] == 'MIT "as is"'
    assert "data_licence" not in small_config(folder).model_dump(), "keys of finished work hold"


def test_odd_names_keep_the_front_matter_whole(trained: Trained) -> None:
    metrics = read_metrics(trained.run) | {"drug": 'a: "b"\\ #c $x$ é'}
    card = model_card(ResponseSystem(), read_config(trained.run), metrics)
    found = ModelCard(card)
    assert found.data.eval_results is not None
    assert found.data.eval_results[0].dataset_name == 'response to a: "b"\\ #c $x$ é'


def test_a_run_without_test_rows_has_a_card(trained: Trained) -> None:
    metrics = read_metrics(trained.run)
    metrics |= {"test": None, "n_test": 0, "baselines": {"ridge": None}, "status": "interrupted"}

    class Untitled(ResponseSystem):
        def score_title(self, metrics: Any) -> str:
            return "DrugA, no test"

    card = model_card(Untitled(), read_config(trained.run), metrics)
    assert "kept no samples for a test" in card
    assert "was interrupted" in card
    assert ModelCard(card).data.eval_results is None


def test_another_system_has_a_card_without_a_word_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", monkeypatch)
    config = ToyConfig.make(fit={"epochs": 1, "batch_size": 8}, backend="statevector", threads=1)
    run, _ = train(config, tmp_path / "run")
    text = (run.path / "README.md").read_text()
    assert "system `toy`" in text
    assert "SYNTHETIC" not in text
    assert "made up" in text
    assert not {"gene", "drug", "sample"} & set(text.lower().replace(",", " ").split())
    assert ModelCard(text).data.eval_results is not None


def test_a_card_that_fails_costs_no_run(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> CardText:
        raise KeyError("drug")

    monkeypatch.setattr(ResponseSystem, "card", fail)
    notes: list[str] = []
    config = small_config(trained.data)
    run, _ = train(config, tmp_path / "run", on_note=notes.append)
    assert notes == ["no model card was written: KeyError: 'drug'"]
    assert load_run(run.path).predict(find_system("response").load(config.data)).shape == (60,)


def test_places_are_left_out_of_texts() -> None:
    assert without_place("tables in /home/me/cohort.", "/home/me/cohort") == "tables in cohort."
    assert without_place("a. b.", ".") == "a. b."
    assert without_place("made up", "synthetic") == "made up"
    assert without_place("in /", "/") == "in /"
