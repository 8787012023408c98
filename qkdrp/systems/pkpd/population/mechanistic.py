"""The model ``mechanistic``: a population fit; epochs are refits to resampled subjects."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from qkdrp.backends import Backend
from qkdrp.common.errors import ConfigError
from qkdrp.common.seeds import derive_seed
from qkdrp.systems.pkpd.config import REFITS_OF_AN_EPOCH, PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.kind import ModelKind
from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.bootstrap import refits
from qkdrp.systems.pkpd.population.fit import PopulationFit, fit_population
from qkdrp.systems.pkpd.population.inputs import SubjectInputs, column_names, population_rows
from qkdrp.systems.pkpd.population.model import PopulationModel
from qkdrp.systems.pkpd.population.network import EXTRAPOLATES, PopulationNetwork, PopulationTask
from qkdrp.systems.pkpd.population.record import (
    compared_from_json,
    compared_to_json,
    fit_from_json,
    fit_to_json,
)
from qkdrp.systems.pkpd.population.structures import Compared, compare, structure_named
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.config import FitConfig
from qkdrp.training.rows import Rows
from qkdrp.training.task import OnPreparing, untold


class MechanisticModel(PopulationNetwork):
    """A population model and its refits.

    Args:
        names: Covariates, in the order of the inputs' columns.
        structure: Of the mechanism; None to choose it by likelihood.
        n_refits: How many resamples it is fitted to.
        seed: Of the resamples.
    """

    def __init__(
        self, names: tuple[str, ...], structure: Structure | None, n_refits: int, seed: int
    ) -> None:
        super().__init__(names)
        self.structure, self.n_refits, self.seed = structure, n_refits, seed
        self.fit: PopulationFit | None = None
        self.compared: tuple[Compared, ...] = ()
        self.models: tuple[PopulationModel, ...] = ()
        self.anchor = nn.Parameter(torch.zeros(1, dtype=torch.float64))
        """What the optimiser of the fit loop holds, and leaves as it is."""

    def population(self) -> PopulationModel:
        """Return the fitted model."""
        return self._fitted().model

    def refits(self) -> tuple[PopulationModel, ...]:
        """Return the models of refits to resampled subjects."""
        return self.models

    def prepare(self, inputs: SubjectInputs, told: OnPreparing = untold) -> None:
        """Choose the structure, fit the population, choose covariates and variability."""
        material = inputs.material(self.names)
        structure = self.structure
        if structure is None:
            structure, self.compared = compare(material, told)
        self.fit = fit_population(material, structure, on_stage=told)

    def learn(self, inputs: SubjectInputs) -> torch.Tensor:
        """Fit the next resamples, and return the mean of -2 log likelihood by observation."""
        fit, done = self._fitted(), len(self.models)
        if len(inputs.place) < fit.n_subjects:
            raise ConfigError(
                f"found a batch of {len(inputs.place)} subjects, expected all {fit.n_subjects}: "
                "the mechanistic model takes no smaller --batch-size."
            )
        if done < self.n_refits:
            material = inputs.sorted().material(self.names)
            upto = min(done + REFITS_OF_AN_EPOCH, self.n_refits)
            with torch.no_grad():
                for some in refits(fit, material, upto, self.seed, done):
                    self.models += some
        return self.anchor + fit.objective / fit.n_observations

    def typical(self, inputs: SubjectInputs) -> torch.Tensor:
        """Return logarithmic parameters without random effects."""
        columns = inputs.by_name(self.names)
        return self.population().log_parameters({**columns, "": inputs.levels.numpy()})

    def stored(self) -> dict[str, Any]:
        """Return fit, comparison and refits as plain values."""
        return {
            "fit": None if self.fit is None else fit_to_json(self.fit),
            "structures": compared_to_json(self.compared),
            "refits": [each.to_json() for each in self.models],
        }

    def restore(self, values: dict[str, Any]) -> None:
        """Take fit, comparison and refits."""
        self.fit = None if values["fit"] is None else fit_from_json(values["fit"])
        self.compared = compared_from_json(values["structures"])
        self.models = tuple(PopulationModel.from_json(each) for each in values["refits"])

    def trace(self) -> Mapping[str, float]:
        """Return how many refits are done."""
        return {"refits": float(len(self.models))}

    def _fitted(self) -> PopulationFit:
        if self.fit is None:
            raise ConfigError("the mechanistic model is not fitted yet: train it first.")
        return self.fit


class MechanisticTask(PopulationTask):
    """Leaves nothing to the optimiser; the last epoch has the most refits."""

    def parameter_groups(self, model: nn.Module, config: FitConfig) -> list[dict[str, Any]]:  # noqa: ARG002
        """Return one group that stays as it is."""
        return [{"params": list(model.parameters()), "lr": 0.0}]


class Mechanistic(ModelKind):
    """A population model, fitted by likelihood."""

    target = "log"
    censored = True
    limits = EXTRAPOLATES

    def rows(self, preprocessor: Preprocessor, trial: Trial) -> Rows:
        """Return covariates, doses and observations."""
        return population_rows(preprocessor, trial)

    def build(
        self,
        config: PkpdConfig,
        preprocessor: Preprocessor,
        backend: Backend,  # noqa: ARG002  # no circuit
        seed: int,  # noqa: ARG002
    ) -> MechanisticModel:
        """Build a model that is not fitted yet."""
        return MechanisticModel(
            column_names(preprocessor),
            structure_named(config.model.structure),
            config.model.refits,
            derive_seed(config.seed, "refits"),
        )

    def task(self, config: PkpdConfig) -> MechanisticTask:  # noqa: ARG002
        """Return the likelihood."""
        return MechanisticTask()

    def describe(self, config: PkpdConfig) -> str:
        """Return the model in a few words."""
        return f"mechanistic population model, {config.model.refits} refits"


MECHANISTIC = Mechanistic()
"""The model ``mechanistic``."""
