"""How each named model is put together from torch blocks."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import nn

from qkdrp.backends import Backend, QuantumLayer
from qkdrp.circuits import PQC, build_pqc
from qkdrp.nn.controls import DenseCore
from qkdrp.nn.cores import Core
from qkdrp.nn.encoder import encoder
from qkdrp.nn.hybrid import HybridModel
from qkdrp.nn.normalisation import NormalisationSettings, find_normalisation
from qkdrp.systems.response.config import ModelConfig
from qkdrp.systems.response.model_choice import recipe_of, spec_of


def pqc_of(config: ModelConfig) -> PQC:
    """Return the circuit that a model configuration asks for."""
    return build_pqc(spec_of(config))


def _circuit_and_head(config: ModelConfig, backend: Backend) -> tuple[nn.Module, nn.Module]:
    """Return the quantum layer, and a linear head unless the readout is the prediction."""
    core = QuantumLayer(backend.qnn(pqc_of(config)))
    n_outputs = core.neural_network.output_shape[0]
    return core, nn.Linear(n_outputs, 1) if n_outputs > 1 else nn.Identity()


def _frozen_circuit_and_head(config: ModelConfig, backend: Backend) -> tuple[nn.Module, nn.Module]:
    """Return the quantum layer with random weights that are not trained, and a head."""
    core, head = _circuit_and_head(config, backend)
    return core.requires_grad_(False), head


def _dense_and_head(config: ModelConfig, _: Backend) -> tuple[nn.Module, nn.Module]:
    """Return a classical layer with as many parameters as the circuit, and a head."""
    single = spec_of(config).n_outputs == 1
    core = DenseCore(config.n_qubits, config.n_encoding, config.n_variational, single)
    return core, nn.Identity() if single else nn.Linear(config.n_qubits, 1)


def _linear_head(config: ModelConfig, _: Backend) -> tuple[nn.Module, nn.Module]:
    return nn.Identity(), nn.Linear(config.n_qubits * config.n_encoding, 1)


Parts = Callable[[ModelConfig, Backend], tuple[nn.Module, nn.Module]]

CORES: Mapping[Core, Parts] = MappingProxyType(
    {
        Core.QUANTUM: _circuit_and_head,
        Core.FROZEN: _frozen_circuit_and_head,
        Core.DENSE: _dense_and_head,
        Core.NONE: _linear_head,
    }
)
"""What makes core and head, by what stands in the circuit's place."""


def build_model(config: ModelConfig, n_genes: int, backend: Backend, seed: int) -> HybridModel:
    """Build a model with fresh weights.

    Args:
        config: What to build.
        n_genes: Number of genes after preprocessing.
        backend: Where the circuit runs.
        seed: Of the initial weights; torch's global generator is left as it was.

    Raises:
        ConfigError: If settings do not fit together.
        CircuitError: If a choice of the circuit is unknown.
    """
    recipe = recipe_of(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        n_features = config.n_qubits * config.n_encoding
        body = encoder(n_genes, n_features)
        normalisation = find_normalisation(recipe.normalisation).make(
            NormalisationSettings(n_features, config.a, config.r, config.learn_a_r)
        )
        core, head = CORES[recipe.core](config, backend)
    return HybridModel(body, normalisation, core, head)
