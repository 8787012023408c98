"""The regressor on features: dense layers for each endpoint, as Team PNU's ``mlp``."""

from collections.abc import Sequence

import torch
from torch import nn

from qkdrp.backends import Backend
from qkdrp.common.seeds import derive_seed
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, ENDPOINTS, Trial
from qkdrp.systems.pkpd.feature_rows import feature_rows_of
from qkdrp.systems.pkpd.kind import ModelKind
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.pkpd.slot_task import SlotTask
from qkdrp.training.rows import Rows

HIDDEN, DEPTH, DROPOUT = 64, 2, 0.3
"""Width, number of hidden layers, and probability of dropout, of Team PNU."""


def encoder(n_inputs: int) -> nn.Sequential:
    """Return hidden layers with dropout."""
    layers: list[nn.Module] = []
    for size in (n_inputs, *[HIDDEN] * (DEPTH - 1)):
        layers += [nn.Linear(size, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT)]
    return nn.Sequential(*layers)


def head() -> nn.Sequential:
    """Return what makes one number of the last hidden layer."""
    return nn.Sequential(nn.Linear(HIDDEN, HIDDEN // 2), nn.GELU(), nn.Linear(HIDDEN // 2, 1))


class FeatureRegressor(nn.Module):
    """One network for each endpoint, from the features of an observation to its value.

    Args:
        n_inputs: Features of each endpoint.
    """

    def __init__(self, n_inputs: Sequence[int]) -> None:
        super().__init__()
        sizes = dict(zip(ENDPOINTS, n_inputs, strict=True))
        self.encoders = nn.ModuleDict({name: encoder(size) for name, size in sizes.items()})
        self.heads = nn.ModuleDict({name: head() for name in ENDPOINTS})

    def forward(self, drug: torch.Tensor, marker: torch.Tensor) -> torch.Tensor:
        """Predict all slots.

        Args:
            drug: Features of concentrations, shape (n_subjects, n_slots, n_features).
            marker: Features of the biomarker, likewise.

        Returns:
            Shape (n_subjects, n_slots), concentrations first.
        """
        inputs = {CONCENTRATION: drug, BIOMARKER: marker}
        found = [self.heads[name](self.encoders[name](inputs[name])) for name in ENDPOINTS]
        return torch.cat([each.squeeze(-1) for each in found], dim=1)


class Mlp(ModelKind):
    """Dense layers on the features."""

    def rows(self, preprocessor: Preprocessor, trial: Trial) -> Rows:
        """Return features of all slots."""
        return feature_rows_of(preprocessor, trial)

    def build(
        self,
        config: PkpdConfig,  # noqa: ARG002  # sizes are Team PNU's
        preprocessor: Preprocessor,
        backend: Backend,  # noqa: ARG002  # no circuit
        seed: int,
    ) -> FeatureRegressor:
        """Build a network with fresh weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return FeatureRegressor([len(preprocessor.feature_names(each)) for each in ENDPOINTS])

    def task(self, config: PkpdConfig) -> SlotTask:
        """Return the squared error, with a seed for dropout."""
        return SlotTask(derive_seed(config.seed, "dropout"))

    def describe(self, config: PkpdConfig) -> str:
        """Return the model in a few words."""
        what = "logarithms" if config.model.log_target else "values"
        return f"mlp, {DEPTH} hidden layers of {HIDDEN} for each endpoint, learns {what}"


MLP = Mlp()
"""The model ``mlp``."""
