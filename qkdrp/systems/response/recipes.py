"""The models that are compared, by name, and how each is put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import nn

from qkdrp.backends import Backend, QuantumLayer
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import ConfigError
from qkdrp.nn.controls import DenseCore
from qkdrp.nn.encoder import encoder
from qkdrp.nn.hybrid import HybridModel
from qkdrp.nn.normalisation import NORMALISATIONS, NormalisationSettings
from qkdrp.systems.response.config import ModelConfig


@dataclass(frozen=True)
class Recipe:
    """Which parts a named model has between encoder and prediction.

    Args:
        normalisation: A key of :data:`~qkdrp.nn.normalisation.NORMALISATIONS`.
        parts: Gives core and head for a configuration.
        quantum: Whether the core is a circuit.
    """

    normalisation: str
    parts: Callable[[ModelConfig, Backend], tuple[nn.Module, nn.Module]]
    quantum: bool = True

    @property
    def moderated(self) -> bool:
        """Whether a and r matter."""
        return self.normalisation == "moderated"


def spec_of(config: ModelConfig) -> PQCSpec:
    """Return the specification of the circuit that a model configuration asks for."""
    return PQCSpec(
        config.n_qubits,
        config.n_encoding,
        config.n_variational,
        measurement=config.measurement,
        entangler=config.entangler,
        absorb_tail=config.absorb_tail,
        rotation=config.rotation,
    )


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


MODELS: Mapping[str, Recipe] = MappingProxyType(
    {
        "classic": Recipe("identity", _linear_head, quantum=False),
        "identity": Recipe("identity", _circuit_and_head),
        "layernorm": Recipe("layernorm", _circuit_and_head),
        "tanh": Recipe("tanh", _circuit_and_head),
        "moderated": Recipe("moderated", _circuit_and_head),
        "frozen": Recipe("moderated", _frozen_circuit_and_head),
        "dense": Recipe("moderated", _dense_and_head, quantum=False),
        "squashed": Recipe("moderated", _linear_head, quantum=False),
    }
)
"""Models by command line name: those that Ito et al. 2025 compare, and three controls.

Beside ``moderated``, the controls tell what the quantum layer does: ``frozen`` does not train the
circuit, ``dense`` has a classical layer with as many parameters in its place, ``squashed`` nothing.
"""


def recipe_of(config: ModelConfig) -> Recipe:
    """Return the recipe of a configuration, and check that its settings fit together.

    Raises:
        ConfigError: If the model is unknown or cannot learn a and r.
        CircuitError: If a choice of the circuit is unknown.
    """
    if config.model not in MODELS:
        raise ConfigError(f"model = {config.model!r}: choose one of {', '.join(MODELS)}.")
    recipe = MODELS[config.model]
    if config.learn_a_r and not recipe.moderated:
        raise ConfigError(
            f"model {config.model!r} has no a and r to learn: "
            f"choose one of {', '.join(repr(n) for n, r in MODELS.items() if r.moderated)}."
        )
    if recipe.quantum:
        spec_of(config)
    return recipe


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
        normalisation = NORMALISATIONS[recipe.normalisation](
            NormalisationSettings(n_features, config.a, config.r, config.learn_a_r)
        )
        core, head = recipe.parts(config, backend)
    return HybridModel(body, normalisation, core, head)
