"""The models that are networks on features: what they read, how they are built and trained."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from qkdrp.backends import Backend
from qkdrp.common.seeds import derive_seed
from qkdrp.nn.normalisation import IDENTITY
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import BIOMARKER, ENDPOINTS, Trial
from qkdrp.systems.pkpd.kind import ModelKind
from qkdrp.systems.pkpd.network_choices import CASCADE, NETWORKS, NONE, QUANTUM, ZEROS
from qkdrp.systems.pkpd.networks.encoders import ENCODERS
from qkdrp.systems.pkpd.networks.feature_rows import feature_rows_of
from qkdrp.systems.pkpd.networks.layers import (
    circuit_linear,
    encoder_names,
    layer_circuits,
    mode_of,
    parts_of,
)
from qkdrp.systems.pkpd.networks.pk_column import PkColumn
from qkdrp.systems.pkpd.networks.regressor import SHARED, Regressor
from qkdrp.systems.pkpd.networks.slot_task import SlotTask
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.rows import Rows
from qkdrp.training.system import LayerCircuit


@dataclass(frozen=True)
class Network(ModelKind):
    """A network on features of dose and time.

    Args:
        every_slot: Whether padded slots are computed, too: runs of earlier versions drew dropout
            for them.
    """

    every_slot: bool = False

    def rows(self, preprocessor: Preprocessor, trial: Trial) -> Rows:
        """Return features of all slots."""
        return feature_rows_of(preprocessor, trial, self.every_slot)

    def build(
        self, config: PkpdConfig, preprocessor: Preprocessor, backend: Backend, seed: int
    ) -> Regressor:
        """Build a network with fresh weights."""
        cascade = PkColumn.of(preprocessor) if mode_of(config.model) == CASCADE else None
        sizes = {name: len(preprocessor.feature_names(name)) for name in ENDPOINTS}
        sizes[SHARED] = max(sizes.values())
        sizes[BIOMARKER] += cascade is not None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoders = {
                name: ENCODERS[config.model.model](
                    sizes[name],
                    parts_of(config.model, circuit_linear(config.model, backend, name)),
                )
                for name in encoder_names(config.model)
            }
            return Regressor(encoders, cascade, config.model.pk_column == ZEROS)

    def circuits(self, config: PkpdConfig) -> Mapping[str, LayerCircuit]:
        """Return the circuit of each quantum layer."""
        return layer_circuits(config.model)

    def task(self, config: PkpdConfig) -> SlotTask:
        """Return the squared error, with a seed for dropout."""
        return SlotTask(derive_seed(config.seed, "dropout"), config.fit.weight_decay)

    def names(self, config: PkpdConfig) -> Mapping[str, str]:
        """Return mode, core and the like where they are not the model's own."""
        model, found = config.model, {}
        if mode_of(model) != NETWORKS[model.model].mode:
            found["mode"] = mode_of(model)
        if model.core != QUANTUM:
            found["core"] = model.core
        if model.qexperts:
            found["circuits"] = "experts"
        return found

    def describe(self, config: PkpdConfig) -> str:
        """Return the model in a few words."""
        model = config.model
        what = "logarithms" if model.log_target else "values"
        words = [f"{model.model}, {mode_of(model)}"]
        if model.pk_column == ZEROS:
            words.append("zeros for concentrations")
        if model.core == NONE:
            words.append("plain layers (core none)")
        elif NETWORKS[model.model].circuits:
            place = "experts" if model.qexperts else "layers"
            words.append(f"{model.core} ({model.n_qubits},{model.n_layers}) in its {place}")
            if model.normalisation != IDENTITY:
                words.append(f"{model.normalisation} before each")
        return ", ".join([*words, f"learns {what}"])


MLP = Network(every_slot=True)
"""The model ``mlp``."""

NETWORK = Network()
"""All others."""
