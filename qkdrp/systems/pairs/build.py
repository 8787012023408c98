"""How models are put together from branches and torch blocks."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import nn

from qkdrp.backends import Backend, QuantumLayer
from qkdrp.circuits import PQC, build_pqc
from qkdrp.nn.controls import DenseCore
from qkdrp.nn.cores import Core
from qkdrp.nn.normalisation import NormalisationSettings, find_normalisation
from qkdrp.systems.pairs.cells import CellBranch
from qkdrp.systems.pairs.config import ModelConfig
from qkdrp.systems.pairs.extra import need_graph_extra
from qkdrp.systems.pairs.heads import affine_readout, classical_core
from qkdrp.systems.pairs.model import PairModel
from qkdrp.systems.pairs.models import CLASSICAL, EMBEDDING_SIZE, HYBRID, LINEAR

Parts = Callable[[ModelConfig, Backend], tuple[nn.Module, nn.Module]]
"""Makes core and head."""


def pqc_of(config: ModelConfig) -> PQC:
    """Return the circuit that a model configuration asks for."""
    return build_pqc(config.spec)


def _circuit(config: ModelConfig, backend: Backend) -> tuple[nn.Module, nn.Module]:
    return QuantumLayer(backend.qnn(pqc_of(config))), affine_readout()


def _frozen_circuit(config: ModelConfig, backend: Backend) -> tuple[nn.Module, nn.Module]:
    core, head = _circuit(config, backend)
    return core.requires_grad_(False), head


def _dense(config: ModelConfig, _: Backend) -> tuple[nn.Module, nn.Module]:
    core = DenseCore(config.n_qubits, config.n_encoding, config.n_variational, single=True)
    return core, affine_readout()


def _no_core(config: ModelConfig, _: Backend) -> tuple[nn.Module, nn.Module]:
    return nn.Identity(), nn.Linear(config.n_angles, 1)


def _hybrid(config: ModelConfig, backend: Backend) -> tuple[nn.Module, nn.Module]:
    return CORES[config.core](config, backend)


def _classical(config: ModelConfig, _: Backend) -> tuple[nn.Module, nn.Module]:
    return classical_core(), affine_readout() if config.classical_affine else nn.Identity()


def _linear(_config: ModelConfig, _backend: Backend) -> tuple[nn.Module, nn.Module]:
    return nn.Identity(), nn.Linear(EMBEDDING_SIZE, 1)


CORES: Mapping[Core, Parts] = MappingProxyType(
    {
        Core.QUANTUM: _circuit,
        Core.FROZEN: _frozen_circuit,
        Core.DENSE: _dense,
        Core.NONE: _no_core,
    }
)
"""What makes core and head of the hybrid, by what stands in the circuit's place."""

HEADS: Mapping[str, Parts] = MappingProxyType(
    {HYBRID: _hybrid, CLASSICAL: _classical, LINEAR: _linear}
)
"""What makes core and head, by the name of the model."""


def build_model(config: ModelConfig, n_features: int, backend: Backend, seed: int) -> PairModel:
    """Build a model with fresh weights.

    Args:
        config: What to build.
        n_features: Features of a cell line.
        backend: Where the circuit runs.
        seed: Of the initial weights; torch's global generator is left as it was.

    Raises:
        ConfigError: If the extra ``graph`` is not installed.
        DataError: If there are too few features.
    """
    need_graph_extra()
    from qkdrp.systems.pairs.drugs import DrugBranch  # PyTorch Geometric takes seconds

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        branches = DrugBranch(*_dropouts(config)), CellBranch(n_features)
        n_angles = config.n_angles if config.model == HYBRID else EMBEDDING_SIZE
        bridge: nn.Module = nn.Identity()
        if config.model == HYBRID and config.bridge == "linear":
            bridge = nn.Linear(EMBEDDING_SIZE, n_angles)
        settings = NormalisationSettings(n_angles, config.a, config.r, config.learn_a_r)
        normalisation = find_normalisation(config.normalisation).make(settings)
        core, head = HEADS[config.model](config, backend)
    drug_first = config.order == "drug-first"
    return PairModel(*branches, bridge, normalisation, core, head, drug_first)


def _dropouts(config: ModelConfig) -> tuple[float, float]:
    """Return the probabilities of dropout after hidden and last layer of the drug branch."""
    return (
        config.dropout if config.dropout_place in {"hidden", "both"} else 0.0,
        config.dropout if config.dropout_place in {"last", "both"} else 0.0,
    )
