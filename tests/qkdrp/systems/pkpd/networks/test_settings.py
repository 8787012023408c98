"""Settings of networks: own defaults, Team PNU's behaviour, files of earlier runs, refusals."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from qkdrp.backends import get_backend
from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd import baselines
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.model_settings import OF_NETWORKS
from qkdrp.systems.pkpd.network_choices import NETWORKS, OF_BLOCKS
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.pkpd.system import PkpdSystem
from qkdrp.training.loop import fit_model, predict
from qkdrp.training.stored_state import State
from tests.qkdrp.conftest import CliResult, read_json
from tests.qkdrp.systems.pkpd.networks.conftest import Make

Cli = Callable[..., CliResult]


def test_settings_that_came_later_are_in_no_file_by_default() -> None:
    """So keys of finished work stay what they were, and files of earlier runs are read."""
    for model in ("mechanistic", "greybox", "mlp"):
        written = PkpdConfig.make(model={"model": model}).model_dump(mode="json")
        assert not set(OF_NETWORKS) & set(written["model"])
        assert not {"restore", "weight_decay"} & set(written["fit"])
        assert (written["fit"]["lr"], written["fit"]["patience"]) == (2e-3, 50)
    assert NETWORKS["mlp"].mode == "independent"


def test_preprocessors_of_earlier_runs_are_read(make: Make) -> None:
    _, fitted = make("mlp")
    state = fitted.state()
    arrays = {name: each for name, each in state.arrays.items() if name != "measured"}
    read = Preprocessor.from_state(State(arrays, state.details))
    assert read.measured_concentration.mean == fitted.values["concentration"].mean  # noqa: PD011  # no data frame
    logarithmic = make("qnn")[1]
    again = Preprocessor.from_state(logarithmic.state())
    assert again.measured_concentration.sd == logarithmic.measured_concentration.sd
    assert again.measured_concentration.sd == pytest.approx(fitted.measured_concentration.sd)


def test_networks_have_defaults_of_their_own() -> None:
    own = PkpdConfig.make(model={"model": "resqnn_moe"})
    found = own.model.model_dump() | own.fit.model_dump()
    assert found | OF_BLOCKS == found
    given = {"model": {"model": "resqnn_moe", "log_target": False}, "fit": {"lr": 2e-3}}
    other = PkpdConfig.make(**given)
    assert (other.fit.lr, other.fit.epochs, other.model.log_target) == (2e-3, 300, False)
    assert PkpdConfig.make(**own.model_dump()) == own
    assert PkpdConfig.make(**other.model_dump()) == other


def test_what_is_given_stays_although_others_have_it_by_default() -> None:
    given = {"model": {"model": "moe", "dropout": 0.3}, "fit": {"restore": "best", "patience": 50}}
    config = PkpdConfig.make(**given)
    read = PkpdConfig.make(**config.model_dump(mode="json"))
    assert (read.model.dropout, read.fit.restore, read.fit.patience) == (0.3, "best", 50)
    assert not read.fit.keeps_last


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model": "mlp", "core": "dense"}, "--core belongs to --model qnn or resqnn_moe"),
        ({"model": "greybox", "core": "dense"}, "--core belongs to --model qnn or resqnn_moe"),
        ({"model": "resmlp", "balance": 0.1}, "--balance belongs to --model moe, resmlp_moe"),
        ({"model": "greybox", "pkpd_mode": "cascade"}, "--pkpd-mode belongs to --model mlp"),
        ({"model": "qnn", "qexperts": True}, "--qexperts belongs to --model resqnn_moe"),
        (
            {"model": "qnn", "balance": 0.1},
            "--balance belongs to --model moe, resmlp_moe or resqnn",
        ),
        ({"model": "qnn", "a": 2.0}, "--a belongs to --normalisation moderated"),
        (
            {"model": "qnn", "normalisation": "tanh", "learn_a_r": True},
            "--learn-a-r belongs to --normalisation moderated",
        ),
        (
            {"model": "qnn", "pkpd_mode": "multitask", "pk_column": "zeros"},
            "--pk-column belongs to --pkpd-mode cascade",
        ),
        ({"model": "mlp", "pk_column": "zeros"}, "--pk-column belongs to --pkpd-mode cascade"),
        ({"model": "qnn", "core": "low"}, "choose one of quantum, frozen, dense, lowrank, none"),
        ({"model": "qnn", "pkpd_mode": "cascades"}, "did you mean 'cascade'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        PkpdConfig.make(model=settings)


def test_weight_decay_of_a_model_that_has_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="--weight-decay belongs to --model mlp"):
        PkpdConfig.make(model={"model": "greybox"}, fit={"weight_decay": 0.1})


@pytest.fixture(scope="module", autouse=True)
def _few_trees() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines, "N_TREES", 10)
        yield


def test_behaviour_of_team_pnu(tmp_path: Path, cli: Cli) -> None:
    """The flag stands for single settings, which the run keeps; those that are given stay."""
    output = tmp_path / "run"
    result = cli("train-pkpd", "--model", "resqnn_moe", "--pnu-compat", "--epochs", 2,
                 "--n-qubits", 2, "--n-layers", 1, "--restore", "best", "--lr", 1e-4,
                 "--normalisation", "moderated", "--a", 2, "--learn-a-r",
                 "--threads", 1, "--output", output)  # fmt: skip
    assert result.code == 0, result.err
    config = read_json(output / "config.json")
    assert config["data"]["split"] == "seed42"
    model, fit = config["model"], config["fit"]
    assert (model["pkpd_mode"], model["pk_column"]) == ("cascade", "zeros")
    assert (model["dropout"], model["dropout_quantum"], fit["lr"]) == (0.3, 0.1, 1e-4)
    assert fit["restore"] == "best"
    learned = pd.read_csv(output / "history.csv")["a"]  # the mean over layers
    assert 0 < abs(learned.iloc[-1] - 2) < 0.01
    refused = cli("train-pkpd", "--pnu-compat", "--output", tmp_path / "other")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--pnu-compat with --model mechanistic: choose one of mlp" in refused.err


def test_the_last_epoch_or_the_best_is_kept(estdata: Trial) -> None:
    system, found = PkpdSystem(), {}
    for keep in ("best", "last"):
        config = PkpdConfig.make(
            model={"model": "qnn", "n_qubits": 2, "n_layers": 1},
            fit={"epochs": 9, "lr": 0.05, "patience": 1, "restore": keep, "weight_decay": 0.0},
        )
        split = system.split(estdata, config)
        parts = [estdata.select(ids) for ids in (split.train, split.validation)]
        fitted = system.fit_preprocessor(parts[0], config)
        rows = [system.rows(fitted, part) for part in parts]
        with get_backend("statevector") as backend:
            network, task = system.build(config, fitted, backend, 0), system.fit_task(config)
            fit = fit_model(network, *rows, config.fit, 0, task=task)
            loss = task.loss(predict(network, *rows[1].inputs), rows[1].target).item()
        epochs = [each.validation_loss for each in fit.epochs]
        assert loss == pytest.approx(epochs[fit.best_epoch - 1], rel=1e-5)
        found[keep] = fit.best_epoch, len(epochs)
    (best, n_epochs), last = found["best"], found["last"]
    assert last == (n_epochs, n_epochs)
    assert best == n_epochs - 1 < 9
    (group,) = system.fit_task(config).parameter_groups(network, config.fit)
    assert group["weight_decay"] == 0.0


@pytest.mark.parametrize(
    ("model", "unread"),
    [
        ({"model": "resmlp"}, {"head", "structure", "refits", "n_qubits", "n_layers"}),
        ({"model": "resqnn_moe"}, {"head", "structure", "refits"}),
        ({"model": "resqnn_moe", "core": "dense"}, {"head", "structure", "refits", "n_qubits",
                                                    "n_layers"}),
        ({"model": "greybox", "head": "quantum"}, {"refits"}),
        ({"model": "mechanistic"}, {"head", "n_qubits", "n_layers"}),
    ],
)  # fmt: skip
def test_settings_of_other_models_are_named(model: dict[str, Any], unread: set[str]) -> None:
    assert PkpdConfig.make(model=model).model.unread == unread
