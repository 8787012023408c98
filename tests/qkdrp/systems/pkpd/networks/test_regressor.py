"""How the endpoints of a network go together: the cascade, its column, one encoder for both."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from qkdrp.backends import get_backend
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Observations, Trial
from qkdrp.systems.pkpd.networks.regressor import Regressor
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.pkpd.system import PkpdSystem
from qkdrp.training.predict import predict_rows
from tests.qkdrp.systems.pkpd.networks.conftest import Make

SYSTEM = PkpdSystem()


@pytest.fixture(scope="module")
def four(estdata: Trial) -> Trial:
    """A placebo subject and one of each dose."""
    return estdata.select(["1", "13", "25", "37"])


def predicted(network: Regressor, fitted: Preprocessor, trial: Trial) -> np.ndarray:
    return predict_rows(SYSTEM, fitted, network, trial)


class Turned(nn.Module):
    """A head whose rows are given out in another order."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.head(rows).flip(0)


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        ({"model": "resqnn_moe"}, True),
        ({"model": "mlp", "pkpd_mode": "cascade"}, True),
        ({"model": "resqnn_moe", "pk_column": "zeros"}, False),
        ({"model": "mlp"}, False),
    ],
)
def test_permuted_concentrations_change_the_biomarker(
    settings: Mapping[str, str], changes: bool, make: Make, four: Trial
) -> None:
    network, fitted = make(**settings)
    before = predicted(network, fitted, four)
    network.heads[CONCENTRATION] = Turned(network.heads[CONCENTRATION])
    after = predicted(network, fitted, four)
    n_drug = SYSTEM.rows(fitted, four).inputs[0].shape[1]
    assert not np.allclose(before[:, :n_drug], after[:, :n_drug])
    same = np.array_equal(before[1:, n_drug:], after[1:, n_drug:])
    assert same is not changes
    placebo = before[0, n_drug:]  # has 0 mg/L whatever is predicted
    assert after[0, n_drug:] == pytest.approx(placebo, abs=1e-6)


@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_the_column_holds_predicted_concentrations(
    log_target: bool, training: bool, make: Make, four: Trial, estdata: Trial
) -> None:
    """Those that the model predicts in use, mg/L, scaled by the trial's; placebo has 0 mg/L."""
    network, fitted = make(log_target=log_target)
    seen: list[torch.Tensor] = []
    network.encoders[BIOMARKER].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network.train(training)
    network(*SYSTEM.rows(fitted, four).inputs)
    network.eval()
    times = [len(each.observations[BIOMARKER]) for each in four.subjects]
    placebo, *columns = seen[0][:, -1].detach().split(times)
    measured = [each.observations[CONCENTRATION].values for each in estdata.subjects]
    mean, sd = np.concatenate(measured).mean(), np.concatenate(measured).std()
    assert placebo.numpy() == pytest.approx(-mean / sd, rel=1e-6)
    for subject, column in zip(four.subjects[1:], columns, strict=True):
        at = subject.observations[BIOMARKER].times
        asked = replace(
            subject, observations={CONCENTRATION: Observations(at, np.full(len(at), np.nan))}
        )
        found = predicted(network, fitted, replace(four, subjects=(asked,)))
        drug = fitted.natural(found, (len(at), 0))[0]
        assert column.numpy() == pytest.approx((drug - mean) / sd, abs=1e-4)


def test_the_biomarker_teaches_the_concentrations_nothing(make: Make, four: Trial) -> None:
    network, fitted = make()
    drug, *others = SYSTEM.rows(fitted, four).inputs
    network.train()
    network(drug, *others)[:, drug.shape[1] :].sum().backward()
    taught = [weights.grad for weights in network.encoders[CONCENTRATION].parameters()]
    assert all(each is None or not each.any() for each in taught)
    assert network.training
    assert all(each.training for each in network.modules())


@pytest.mark.parametrize("mode", ["independent", "cascade", "multitask"])
def test_a_subject_is_predicted_alone_as_among_others(mode: str, make: Make, four: Trial) -> None:
    """Padded slots change nothing."""
    network, fitted = make(pkpd_mode=mode, baseline=True)
    together = predicted(network, fitted, four)
    placebo = predicted(network, fitted, four.select(["1"]))
    assert placebo.shape == (1, 25)
    assert together[0, -25:] == pytest.approx(placebo[0], abs=1e-5)
    assert not together[0, :-25].any()


def test_one_encoder_serves_both(make: Make, four: Trial) -> None:
    network, fitted = make(pkpd_mode="multitask", baseline=True)
    assert list(network.encoders) == ["shared"]
    first = network.encoders["shared"][0]
    assert first.weight.shape == (64, 22)
    network.train()
    network(*SYSTEM.rows(fitted, four).inputs).sum().backward()
    assert first.weight.grad.any()


TURNS = {
    "cascade": [0, 1, 2, 3, 4, 5, 6, 7],
    "independent": [0, 1, 2, 3] * 2,
    "multitask": [0, 1, 2, 3],
}


@pytest.mark.parametrize("mode", TURNS)
def test_circuits_have_turns_and_are_called_for_observations_only(
    mode: str, make: Make, four: Trial
) -> None:
    config = PkpdConfig.make(model={"model": "resqnn_moe", "pkpd_mode": mode})
    circuits = SYSTEM.circuits(config)
    assert [each.stage for each in circuits.values()] == TURNS[mode]
    first = "shared" if mode == "multitask" else CONCENTRATION
    assert list(circuits)[:4] == [
        f"{first}.block{b}.{way}" for b in (1, 2) for way in ("up", "down")
    ]
    fitted = make(pkpd_mode=mode)[1]
    with get_backend("statevector") as backend:
        network = SYSTEM.build(config, fitted, backend, 0)
        predict_rows(SYSTEM, fitted, network, four)
        calls = backend.usage.executions
    n_drug, n_marker = (four.n_observations(each) for each in (CONCENTRATION, BIOMARKER))
    more = {
        (each.id, time)
        for each in four.subjects
        if mode == "cascade" and len(each.doses)
        for time in set(each.observations[BIOMARKER].times)
        - set(each.observations[CONCENTRATION].times)
    }  # times at which the biomarker reads concentrations that are not predicted anyway
    assert calls == 4 * (n_drug + n_marker + len(more))


def test_experts_of_a_block_share_a_turn() -> None:
    config = PkpdConfig.make(model={"model": "resqnn_moe", "qexperts": True})
    turns = {name: each.stage for name, each in SYSTEM.circuits(config).items()}
    assert len(turns) == 32
    assert {turns[f"concentration.block1.expert{k}.down"] for k in (1, 2, 3, 4)} == {1}
    assert turns["biomarker.block2.expert4.down"] == 7
    zeros = PkpdConfig.make(model={"model": "resqnn_moe", "pk_column": "zeros"})
    assert max(each.stage for each in SYSTEM.circuits(zeros).values()) == 3
    for settings in ({"model": "resmlp_moe"}, {"model": "qnn", "core": "dense"}):
        assert not SYSTEM.circuits(PkpdConfig.make(model=settings))
