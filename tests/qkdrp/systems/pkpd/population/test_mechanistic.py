import pytest
import torch

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population import mechanistic
from qkdrp.systems.pkpd.population.fit import PopulationFit
from qkdrp.systems.pkpd.population.inputs import SubjectInputs
from qkdrp.systems.pkpd.population.mechanistic import Mechanistic, MechanisticModel
from qkdrp.systems.pkpd.population.panel import panel_of
from qkdrp.training.rows import Rows
from qkdrp.training.task import OnPreparing


def inputs_of(trial: Trial) -> SubjectInputs:
    columns = torch.from_numpy(trial.covariate("BW"))[:, None]
    levels = torch.from_numpy(trial.dose_levels())
    return SubjectInputs(columns, levels, torch.arange(len(trial)), panel_of(trial))


def test_an_epoch_is_a_batch_of_refits_and_all_survive_the_file(
    fit: PopulationFit, small_trial: Trial
) -> None:
    network = MechanisticModel(("BW",), None, n_refits=2, seed=0)
    network.fit = fit
    tensors = inputs_of(small_trial).tensors
    loss = network.train()(*tensors)
    network(*tensors)
    assert len(network.refits()) == 2
    assert loss.item() == pytest.approx(fit.objective / fit.n_observations)
    again = MechanisticModel(("BW",), None, n_refits=2, seed=0)
    again.load_state_dict(network.state_dict())
    assert again.refits() == network.refits()
    assert again.population() == fit.model
    torch.testing.assert_close(again.eval()(*tensors), network.eval()(*tensors), rtol=0, atol=0)


def test_smaller_batches_are_refused(fit: PopulationFit, small_trial: Trial) -> None:
    network = MechanisticModel(("BW",), None, n_refits=1, seed=0)
    network.fit = fit
    tensors = tuple(part[:4] for part in inputs_of(small_trial).tensors)
    with pytest.raises(ConfigError, match="found a batch of 4 subjects"):
        network.train()(*tensors)


def test_epochs_are_refits_by_ten() -> None:
    config = PkpdConfig.make(model={"model": "mechanistic", "refits": 25})
    assert config.fit.epochs == 3


def test_what_comes_before_the_first_epoch_is_told(
    fit: PopulationFit, small_trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compared(_: object, on_stage: OnPreparing) -> tuple[Structure, tuple[()]]:
        on_stage("structure: 1 compartment")
        return fit.specification.structure, ()

    def fitted(*_: object, on_stage: OnPreparing) -> PopulationFit:
        on_stage("starting values")
        return fit

    monkeypatch.setattr(mechanistic, "compare", compared)
    monkeypatch.setattr(mechanistic, "fit_population", fitted)
    network, told = MechanisticModel(("BW",), None, n_refits=0, seed=0), list[str]()
    rows = Rows(inputs_of(small_trial).tensors, panel_of(small_trial).logs)
    config = PkpdConfig()
    Mechanistic().task(config).before_training(network, rows, config.fit, told.append)
    assert told == ["structure: 1 compartment", "starting values"]
    assert network.population() == fit.model
