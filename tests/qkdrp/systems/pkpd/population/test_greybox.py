import pytest
import torch

from qkdrp.backends import get_backend
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.model_settings import ModelConfig
from qkdrp.systems.pkpd.population.fit import PopulationFit
from qkdrp.systems.pkpd.population.greybox import GREYBOX, LAYER, GreyBoxModel
from qkdrp.systems.pkpd.population.heads import HEADS
from qkdrp.systems.pkpd.population.inputs import SubjectInputs
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.panel import panel_of


def grey_box(head: str, fit: PopulationFit, material: Material) -> GreyBoxModel:
    torch.manual_seed(0)
    made = HEADS[head](ModelConfig(model="greybox", head=head), get_backend("statevector"), 1)
    network = GreyBoxModel(("BW",), made, None)
    network.base, network.scales = fit.model, material.covariates
    return network


def inputs_of(trial: Trial) -> SubjectInputs:
    columns = torch.from_numpy(trial.covariate("BW"))[:, None]
    levels = torch.from_numpy(trial.dose_levels())
    return SubjectInputs(columns, levels, torch.arange(len(trial)), panel_of(trial))


@pytest.mark.parametrize("head", list(HEADS))
def test_grey_box_begins_as_its_mechanism_and_learns(
    head: str, fit: PopulationFit, material: Material, small_trial: Trial
) -> None:
    network, inputs = grey_box(head, fit, material), inputs_of(small_trial)
    typical = fit.model.log_parameters({"BW": small_trial.covariate("BW")})
    torch.testing.assert_close(network.typical(inputs).detach(), typical)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    losses = []
    network.train()
    for _ in range(15):
        loss = network(*inputs.tensors).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(weights.grad is not None for weights in network.head.parameters())


def test_predictions_have_two_layers_and_survive_the_file(
    fit: PopulationFit, material: Material, small_trial: Trial
) -> None:
    network, inputs = grey_box("linear", fit, material), inputs_of(small_trial)
    network.train()
    network(*inputs.tensors)
    network.eval()
    found = network(*inputs.tensors)
    assert found.shape == (*inputs.panel.times.shape, 2)
    again = GreyBoxModel(
        ("BW",), HEADS["linear"](ModelConfig(), get_backend("statevector"), 1), None
    )
    again.load_state_dict(network.state_dict())
    torch.testing.assert_close(again.eval()(*inputs.tensors), found, rtol=0, atol=0)
    population = network.population()
    phi = population.log_parameters({"BW": small_trial.covariate("BW")})
    torch.testing.assert_close(phi, network.typical(inputs).detach())


def test_values_that_a_device_still_computes_give_nan(
    fit: PopulationFit, material: Material, small_trial: Trial
) -> None:
    network, inputs = grey_box("linear", fit, material), inputs_of(small_trial)
    with torch.no_grad():
        next(network.head.parameters()).fill_(torch.nan)
    assert network.eval()(*inputs.tensors).isnan().all()


def test_quantum_head_reports_its_circuit() -> None:
    config = PkpdConfig.make(model={"model": "greybox", "head": "quantum"})
    circuits = GREYBOX.circuits(config)
    assert list(circuits) == [LAYER]
    assert circuits[LAYER].pqc.circuit.num_qubits == 4
    assert not GREYBOX.circuits(PkpdConfig.make(model={"model": "greybox"}))
