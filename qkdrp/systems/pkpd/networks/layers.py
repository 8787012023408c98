"""The layers of a network that hold circuits: how they are made, and their turns on hardware."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from torch import nn

from qkdrp.backends import Backend
from qkdrp.nn.normalisation import NormalisationSettings, find_normalisation
from qkdrp.systems.pkpd.circuit import pqc_of
from qkdrp.systems.pkpd.data.trial import BIOMARKER, ENDPOINTS
from qkdrp.systems.pkpd.model_settings import ModelConfig
from qkdrp.systems.pkpd.network_choices import (
    CASCADE,
    DROPOUT,
    MULTITASK,
    NETWORKS,
    NONE,
    PREDICTED,
)
from qkdrp.systems.pkpd.networks.blocks import MakeLinear, plain_linear
from qkdrp.systems.pkpd.networks.circuit_linear import CircuitLinear
from qkdrp.systems.pkpd.networks.cores import LETTERS, MAKERS
from qkdrp.systems.pkpd.networks.encoders import ENCODERS, Parts
from qkdrp.systems.pkpd.networks.regressor import SHARED
from qkdrp.training.system import LayerCircuit


def mode_of(config: ModelConfig) -> str:
    """Return how the endpoints go together."""
    return config.pkpd_mode or NETWORKS[config.model].mode


def reads_predictions(config: ModelConfig) -> bool:
    """Tell whether the biomarker's network reads predicted concentrations."""
    return mode_of(config) == CASCADE and config.pk_column == PREDICTED


def encoder_names(config: ModelConfig) -> tuple[str, ...]:
    """Return the names of a network's encoders."""
    return (SHARED,) if mode_of(config) == MULTITASK else ENDPOINTS


def parts_of(config: ModelConfig, linear: MakeLinear) -> Parts:
    """Return what the encoders of a network are put together from.

    Args:
        config: The network.
        linear: Makes the layers that hold circuits.
    """
    rate = DROPOUT if config.dropout is None else config.dropout
    if not NETWORKS[config.model].circuits:
        return Parts(plain_linear, rate, config.balance)
    rate = rate if config.dropout_quantum is None else config.dropout_quantum
    return Parts(linear, rate, config.balance, config.qexperts)


def circuit_linear(config: ModelConfig, backend: Backend, encoder: str) -> MakeLinear:
    """Return what makes the layers of an encoder that hold circuits.

    Args:
        config: The network.
        backend: Where circuits run.
        encoder: Name of the encoder.
    """
    return plain_linear if config.core == NONE else partial(_made, config, backend, encoder)


def _made(
    config: ModelConfig,
    backend: Backend,
    encoder: str,
    name: str,
    stage: int,  # noqa: ARG001  # as MakeLinear
    n_inputs: int,
    n_outputs: int,
) -> CircuitLinear:
    settings = NormalisationSettings(config.n_qubits, config.a, config.r, config.learn_a_r)
    return CircuitLinear(
        n_inputs,
        n_outputs,
        find_normalisation(config.normalisation).make(settings),
        MAKERS[config.core](config, backend, f"{encoder}.{name}"),
        config.n_qubits,
        LETTERS * config.n_qubits,
    )


@dataclass
class _Noted:
    """Notes down which layers an encoder asks for: a :class:`MakeLinear`.

    Args:
        stages: Turns of layers by their names.
    """

    stages: dict[str, int] = field(default_factory=dict)

    def __call__(self, name: str, stage: int, n_inputs: int, n_outputs: int) -> nn.Module:  # noqa: ARG002
        """Note a layer down."""
        self.stages[name] = stage
        return nn.Identity()


def layer_circuits(config: ModelConfig) -> Mapping[str, LayerCircuit]:
    """Return the circuit of each quantum layer by its name, such as ``biomarker.block1.up``.

    Layers of an encoder follow one another, but for those of experts side by side. In a cascade
    those of the biomarker come after all of the concentration.
    """
    if not config.has_circuits:
        return {}
    noted = _Noted()
    ENCODERS[config.model](1, parts_of(config, noted))
    pqc, n_stages = pqc_of(config), max(noted.stages.values()) + 1
    first = {BIOMARKER: n_stages if reads_predictions(config) else 0}
    return {
        f"{encoder}.{name}": LayerCircuit(pqc, stage=first.get(encoder, 0) + stage)
        for encoder in encoder_names(config)
        for name, stage in noted.stages.items()
    }
