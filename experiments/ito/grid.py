"""The grid of a study: the configurations that its settings multiply out to."""

from itertools import product
from typing import Any

from qkdrp.common.settings import Settings
from qkdrp.experiments.ito.config import AXES, StudyConfig
from qkdrp.experiments.ito.contenders import contender
from qkdrp.systems.response.config import FitConfig, ModelConfig


class Configuration(Settings):
    """One model on one drug with one choice of every setting.

    Args:
        drug: A drug of the data.
        model: A key of :data:`~qkdrp.experiments.ito.contenders.CONTENDERS`.
        n_qubits: n1.
        n_encoding: n2.
        n_variational: n3.
        lr: Learning rate.
        a: Input scale.
        r: Output range, radians.
    """

    drug: str
    model: str
    n_qubits: int
    n_encoding: int
    n_variational: int
    lr: float
    a: float
    r: float

    def row(self) -> dict[str, Any]:
        """Return the settings for a table; None where one does not matter to the model."""
        axes = contender(self.model).axes
        values = self.model_dump()
        return {
            name: value if name not in AXES or name in axes else None
            for name, value in values.items()
        }

    def row_without_drug(self) -> tuple[Any, ...]:
        """Return the settings that matter, but for the drug."""
        return tuple(value for name, value in self.row().items() if name != "drug")

    def model_config_of(self) -> ModelConfig:
        """Return the settings of the model itself."""
        chosen = contender(self.model)
        sizes = self.model_dump(include=set(AXES) - {"lr"})
        return ModelConfig.make(model=chosen.model, **sizes, **chosen.settings)

    def fit_config_of(self, config: StudyConfig, patience: int) -> FitConfig:
        """Return how the model is trained."""
        return config.fit(self.lr, patience)


def configurations(config: StudyConfig) -> list[Configuration]:
    """Return all configurations of a study, drug by drug and model by model.

    Settings that do not matter to a model do not multiply its configurations.

    Raises:
        ConfigError: If a model is unknown.
    """
    found: dict[Any, Configuration] = {}
    for drug, model in product(config.drugs, config.models):
        chosen = contender(model)
        for choice in config.choices(model):
            key = drug, model, chosen.identity(choice)
            found.setdefault(key, Configuration(drug=drug, model=model, **choice))
    return list(found.values())
