from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from qkdrp.backends import QuantumLayer, get_backend
from qkdrp.common.errors import CircuitError, ConfigError
from qkdrp.nn.cores import Core
from qkdrp.nn.hybrid import HybridModel
from qkdrp.nn.normalisation import NORMALISATIONS, Normalisation
from qkdrp.systems.response.config import ModelConfig
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.systems.response.models import MODELS, Recipe
from qkdrp.systems.response.recipes import CORES, build_model
from tests.qkdrp.conftest import CliResult

N_GENES = 6


def build(model: str, seed: int = 0, **settings: Any) -> HybridModel:
    config = ModelConfig(model=model, **{"n_qubits": 3, "n_encoding": 2, **settings})
    return build_model(config, N_GENES, get_backend("statevector"), seed)


@pytest.mark.parametrize("measurement", ["multi", "single"])
@pytest.mark.parametrize("name", MODELS)
def test_every_model_predicts_one_number_per_sample(name: str, measurement: str) -> None:
    model = build(name, measurement=measurement)
    prediction = model(torch.randn(5, N_GENES))
    assert prediction.shape == (5,)
    assert prediction.dtype == torch.float32
    prediction.sum().backward()
    for weights in model.parameters():
        assert (weights.grad is not None) == weights.requires_grad


def test_classic_has_one_more_linear_layer_and_no_circuit() -> None:
    model = build("classic")
    assert isinstance(model.head, nn.Linear)
    assert model.head.weight.shape == (1, 6)
    assert not any(isinstance(module, QuantumLayer) for module in model.modules())


@pytest.mark.parametrize("name", [name for name, recipe in MODELS.items() if recipe.quantum])
def test_hybrids_read_every_qubit_through_a_linear_layer(name: str) -> None:
    model = build(name)
    assert isinstance(model.core, QuantumLayer)
    assert isinstance(model.head, nn.Linear)
    assert model.head.weight.shape == (1, 3)
    assert model.core.weight.numel() == 3 * 1 * (2 + 1)


def test_only_the_weights_of_a_frozen_circuit_are_not_trained() -> None:
    for name in MODELS:
        model = build(name)
        fixed = [key for key, weights in model.named_parameters() if not weights.requires_grad]
        assert fixed == (["core.weight"] if name == "frozen" else [])


@pytest.mark.parametrize("sizes", [(2, 1, 1), (4, 2, 1), (4, 2, 3), (8, 4, 4)])
def test_the_dense_core_has_the_circuits_number_of_parameters(sizes: tuple[int, int, int]) -> None:
    settings = dict(zip(("n_qubits", "n_encoding", "n_variational"), sizes, strict=True))
    circuit, dense = build("moderated", **settings).core, build("dense", **settings).core
    assert sum(p.numel() for p in dense.parameters()) == circuit.weight.numel()
    angles = torch.randn(7, sizes[0] * sizes[1])
    assert dense(angles).shape == circuit(angles).shape
    assert dense(100 * angles).abs().max() <= 1.0


def test_a_dense_unit_reads_the_angles_of_its_qubit() -> None:
    core = build("dense").core
    angles = torch.randn(1, 6, requires_grad=True)
    for qubit in range(3):
        (slopes,) = torch.autograd.grad(core(angles)[0, qubit], angles)
        assert slopes[0].nonzero().flatten().tolist() == [qubit, qubit + 3]


def test_squashing_without_a_circuit_has_a_linear_head() -> None:
    model = build("squashed")
    assert isinstance(model.core, nn.Identity)
    assert model.head.weight.shape == (1, 6)


def test_single_has_no_head_and_stays_within_one() -> None:
    model = build("moderated", measurement="single")
    assert isinstance(model.head, nn.Identity)
    assert model(50 * torch.randn(20, N_GENES)).abs().max() <= 1.0


def test_one_sample_keeps_its_shape() -> None:
    assert build("moderated").eval()(torch.randn(1, N_GENES)).shape == (1,)


@pytest.mark.parametrize("name", MODELS)
def test_the_seed_decides_the_weights(name: str) -> None:
    first, same, other = (build(name, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(weights, same[key]) for key, weights in first.items())
    assert not all(torch.equal(weights, other[key]) for key, weights in first.items())


def test_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    build("moderated")
    assert torch.equal(torch.get_rng_state(), before)


def test_embedding_and_angles() -> None:
    model = build("tanh")
    phi, angles = model.embed(torch.randn(4, N_GENES))
    assert phi.shape == (4, 6)
    torch.testing.assert_close(angles, torch.pi / 2 * torch.tanh(phi))
    assert not phi.requires_grad


@pytest.mark.parametrize("name", ["classic", "identity", "layernorm", "tanh"])
def test_only_a_moderated_tanh_learns_a_and_r(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name!r} has no a and r to learn"):
        build(name, learn_a_r=True)


def test_learning_a_and_r_adds_two_parameters() -> None:
    fixed, learned = build("moderated"), build("moderated", learn_a_r=True)
    assert len(list(learned.parameters())) == len(list(fixed.parameters())) + 2


def test_an_unknown_model_lists_the_choices() -> None:
    with pytest.raises(ConfigError, match=f"choose one of {', '.join(MODELS)}"):
        recipe_of(ModelConfig(model="quantum"))


@pytest.mark.parametrize("choice", ["measurement", "entangler"])
def test_an_unknown_choice_of_the_circuit_is_named(choice: str) -> None:
    with pytest.raises(CircuitError, match=f"{choice} = 'star': choose one of"):
        recipe_of(ModelConfig(**{choice: "star"}))


def test_the_command_line_names_every_model(cli: Callable[..., CliResult]) -> None:
    shown = cli("train", "--help").out
    assert all(name in shown for name in MODELS)


def test_every_core_can_be_built() -> None:
    assert set(CORES) == set(Core)
    assert {recipe.core for recipe in MODELS.values()} == set(Core)


def test_a_normalisation_may_stand_in_for_the_models_own() -> None:
    other = build("moderated", normalisation="layernorm")
    assert isinstance(other.normalisation, nn.LayerNorm)
    assert isinstance(build("moderated", normalisation="identity").normalisation, nn.Identity)
    chosen = ModelConfig(model="frozen", normalisation="tanh")
    assert recipe_of(chosen) == Recipe("tanh", Core.FROZEN)
    assert "normalisation" not in ModelConfig().model_dump()
    assert chosen.model_dump()["normalisation"] == "tanh"


def test_a_normalisation_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="'batch': choose one of identity, layernorm, tanh, mod"):
        build("moderated", normalisation="batch")
    with pytest.raises(ConfigError, match="normalisation 'tanh' has no a and r to learn"):
        build("moderated", normalisation="tanh", learn_a_r=True)
    build("tanh", normalisation="moderated", learn_a_r=True)


def test_a_new_normalisation_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {**NORMALISATIONS, "softsign": Normalisation(lambda _: nn.Softsign())}
    monkeypatch.setattr("qkdrp.nn.normalisation.NORMALISATIONS", rows)
    assert isinstance(build("moderated", normalisation="softsign").normalisation, nn.Softsign)


@pytest.mark.parametrize("recipe", ["frozen", "dense", "squashed"])
def test_a_control_is_a_name_for_a_model_and_a_core(recipe: str) -> None:
    core = MODELS[recipe].core
    assert recipe_of(ModelConfig(model="moderated", core=core)) == MODELS[recipe]
    one, other = build(recipe), build("moderated", core=core)
    for name, weights in one.state_dict().items():
        torch.testing.assert_close(weights, other.state_dict()[name])


def test_the_core_that_a_model_has_anyway_is_left_out() -> None:
    assert ModelConfig(model="tanh", core="quantum") == ModelConfig(model="tanh")
    assert ModelConfig(model="frozen", core="frozen").core is None
    assert "core" not in ModelConfig().model_dump()


@pytest.mark.parametrize(("model", "core"), [("classic", "dense"), ("frozen", "quantum")])
def test_a_core_needs_a_circuit_in_whose_place_it_stands(model: str, core: str) -> None:
    with pytest.raises(ConfigError, match="choose one of identity, layernorm, tanh, moderated"):
        recipe_of(ModelConfig.make(model=model, core=core))
