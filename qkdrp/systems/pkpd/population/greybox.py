"""The model ``greybox``: a network gives covariate effects on the parameters of a mechanism.

It begins as a population model without covariate effects beside allometry. Network, variability and
residual error are then trained together on the likelihood of the population, linearised at the
parameters of each training subject, and linearised again as these change.
"""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import nn

from qkdrp.backends import Backend
from qkdrp.common.errors import ConfigError, DataError
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.dose.model import BASELINE
from qkdrp.systems.pkpd.kind import ModelKind
from qkdrp.systems.pkpd.mechanism import DosedByMechanism, Structure
from qkdrp.systems.pkpd.population.alternation import Batch, linearise
from qkdrp.systems.pkpd.population.covariates import Covariate
from qkdrp.systems.pkpd.population.fit import fit_population
from qkdrp.systems.pkpd.population.heads import HEADS, ROLES, pqc_of
from qkdrp.systems.pkpd.population.individual import random_effects
from qkdrp.systems.pkpd.population.inputs import SubjectInputs, column_names, population_rows
from qkdrp.systems.pkpd.population.marginal import Design, Theta, by_subject
from qkdrp.systems.pkpd.population.model import PopulationModel
from qkdrp.systems.pkpd.population.moments import Moments
from qkdrp.systems.pkpd.population.network import PopulationNetwork, PopulationTask
from qkdrp.systems.pkpd.population.structures import compare, structure_named
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.rows import Rows
from qkdrp.training.system import LayerCircuit

LAYER = "head"
"""Name of the quantum layer."""

REFRESH = 25
"""Steps of training between two linearisations."""


class GreyBoxModel(PopulationNetwork):
    """A mechanism whose parameters a network explains by covariates.

    Args:
        names: Covariates, in the order of the inputs' columns.
        head: From covariates but the baseline, (n, n_covariates), to changes, (n, n_roles).
        structure: Of the mechanism; None to choose it by likelihood.
    """

    no_refits = (
        "a grey box has no refits, each of which would take as long as its training; a mechanistic "
        "run has them"
    )

    def __init__(
        self, names: tuple[str, ...], head: nn.Module, structure: Structure | None
    ) -> None:
        super().__init__(names)
        self.head, self.structure = head.double(), structure
        self.intercepts = nn.Parameter(torch.zeros(len(ROLES), dtype=torch.float64))
        self.log_omega = nn.Parameter(torch.zeros(len(ROLES), dtype=torch.float64))
        self.log_sigma = nn.Parameter(torch.zeros(len(ENDPOINTS), dtype=torch.float64))
        self.of_baseline = nn.Parameter(torch.zeros(1, dtype=torch.float64))
        """Change of log R0 with the logarithm of the biomarker before the first dose."""
        self.base: PopulationModel | None = None
        self.scales: tuple[Covariate, ...] = ()
        self.moments: Moments | None = None
        self.steps = 0

    # --- the population

    def population(self) -> "GreyBoxPopulation":
        """Return the population model."""
        return GreyBoxPopulation(self)

    def refits(self) -> tuple["GreyBoxPopulation", ...]:
        """Return none: a grey box is not fitted to resamples."""
        return ()

    def fitted(self) -> PopulationModel:
        """Return the population model that training started from."""
        if self.base is None:
            raise ConfigError("the grey box is not fitted yet: train it first.")
        return self.base

    @property
    def roles(self) -> list[int]:
        """Return which outputs of the head are the structure's parameters, in their order."""
        structure = self.fitted().structure
        alias = {structure.potency: "potency", structure.ceiling: "ceiling"}
        return [ROLES.index(alias.get(name, name)) for name in structure.parameters]

    def omega(self) -> torch.Tensor:
        """Return deviations between subjects, shape (n_parameters,); 0 for none."""
        base = torch.tensor(self.fitted().omega, dtype=torch.float64)
        return base * self.log_omega[self.roles].exp()

    def sigma(self) -> torch.Tensor:
        """Return residual deviations, shape (n_endpoints,)."""
        base = torch.tensor([self.fitted().sigma[name] for name in ENDPOINTS], dtype=torch.float64)
        return base * self.log_sigma.exp()

    def parameters_of(self, columns: torch.Tensor) -> torch.Tensor:
        """Return typical logarithmic parameters, shape (n_subjects, n_parameters).

        Args:
            columns: Values of covariates in the order of the names.
        """
        base, known = self.fitted(), {each.name: each for each in self.scales}
        values = {name: columns[:, k].numpy() for k, name in enumerate(self.names)}
        phi = base.log_parameters({**values, "": columns.new_zeros(len(columns)).numpy()})
        z = {
            name: known[name].transform(values[name]) if name in known else phi.new_zeros(len(phi))
            for name in self.names
        }
        others = [z[name] for name in self.names if name != BASELINE]
        table = torch.stack(others, dim=1) if others else phi.new_zeros(len(phi), 0)
        changes = self.intercepts + (self.head(table) if others else 0.0)
        if BASELINE in z:
            place = torch.zeros(len(ROLES), dtype=torch.float64)
            place[ROLES.index("R0")] = 1.0
            changes = changes + self.of_baseline * z[BASELINE].unsqueeze(1) * place
        return phi + changes.expand(len(phi), -1)[:, self.roles]

    # --- training

    def prepare(self, inputs: SubjectInputs) -> None:
        """Fit a population model without covariate effects but allometry."""
        material = inputs.material(self.names)
        structure = self.structure or compare(material)[0]
        fit = fit_population(material, structure, covariates=False)
        self.base, self.scales = fit.model, material.covariates

    def learn(self, inputs: SubjectInputs) -> torch.Tensor:
        """Return -2 log likelihood of each subject, linearised at its own parameters."""
        typical = self.parameters_of(inputs.columns)
        if self.moments is None or self.steps % REFRESH == 0:
            self._linearise(inputs, typical.detach())
        self.steps += 1
        omega, sigma = self.omega(), self.sigma()
        varying = torch.nonzero(omega.detach() > 0).flatten()
        rows = inputs.place
        moments = Moments(*(part[rows] for part in vars(self._moments()).values()))
        return by_subject(typical, omega[varying].log(), sigma.log(), moments, varying)

    def _moments(self) -> Moments:
        if self.moments is None:
            raise ConfigError("the grey box was not linearised yet: train it first.")
        return self.moments

    def _linearise(self, inputs: SubjectInputs, typical: torch.Tensor) -> None:
        """Linearise the curves at the most probable parameters of the subjects of a batch."""
        population = self.population()
        found = random_effects(
            population.structure, inputs.panel, typical, population.omega, population.sigma
        )
        n, theta = len(typical), _fixed(typical, population)
        batch = Batch(population.structure, inputs.panel, typical.new_ones(1, n), theta[1])
        moments = linearise(batch, found.phi[None], theta[0])[1]
        size = int(inputs.place.max()) + 1
        if self.moments is None or len(self.moments.square) < size:
            self.moments = Moments(
                *(part.new_zeros(size, *part.shape[2:]) for part in vars(moments).values())
            )
        for name, part in vars(self.moments).items():
            part[inputs.place] = getattr(moments, name)[0]

    def typical(self, inputs: SubjectInputs) -> torch.Tensor:
        """Return logarithmic parameters without random effects."""
        return self.parameters_of(inputs.columns)

    # --- state

    def stored(self) -> dict[str, Any]:
        """Return where training started, and where curves were linearised last."""
        return {
            "base": None if self.base is None else self.base.to_json(),
            "scales": [vars(each) for each in self.scales],
            "steps": self.steps,
            "moments": None
            if self.moments is None
            else {name: part.tolist() for name, part in vars(self.moments).items()},
        }

    def restore(self, values: dict[str, Any]) -> None:
        """Take what :meth:`stored` returned."""
        self.base = None if values["base"] is None else PopulationModel.from_json(values["base"])
        self.scales = tuple(Covariate(**each) for each in values["scales"])
        self.steps = values["steps"]
        kept = values["moments"]
        self.moments = kept and Moments(
            **{name: torch.tensor(part, dtype=torch.float64) for name, part in kept.items()}
        )


class GreyBoxPopulation(DosedByMechanism):
    """The population model of a grey box: see :class:`~.model.PopulationModel`.

    Args:
        network: The trained grey box.
    """

    def __init__(self, network: GreyBoxModel) -> None:
        self.network = network

    @property
    def structure(self) -> Structure:
        """Return the mechanism."""
        return self.network.fitted().structure

    @property
    def covariates(self) -> tuple[Covariate, ...]:
        """Return the covariates of the head."""
        return self.network.scales

    @property
    def omega(self) -> tuple[float, ...]:
        """Return the deviation of each logarithmic parameter between subjects."""
        return tuple(self.network.omega().tolist())

    @property
    def sigma(self) -> Mapping[str, float]:
        """Return the residual deviation of logarithms by endpoint."""
        return dict(zip(ENDPOINTS, self.network.sigma().tolist(), strict=True))

    @torch.no_grad()
    def log_parameters(
        self, covariates: Mapping[str, ArrayLike], eta: ArrayLike | None = None
    ) -> torch.Tensor:
        """Return logarithmic parameters of subjects, shape (n_subjects, n_parameters), float64.

        Raises:
            DataError: If a covariate is missing.
        """
        needed = {each.name for each in self.covariates}
        if missing := sorted(needed - set(covariates)):
            raise DataError(f"found no covariate {', '.join(missing)}, which the model needs.")
        given = {
            name: torch.as_tensor(values, dtype=torch.float64)
            for name, values in covariates.items()
        }
        n = max((part.numel() for part in given.values()), default=1)
        n = n if eta is None else max(n, len(torch.as_tensor(eta)))
        columns = [
            given.get(name, torch.zeros(n, dtype=torch.float64)) for name in self.network.names
        ]
        table = (
            torch.stack([part.expand(n) for part in columns], 1) if columns else torch.zeros(n, 0)
        )
        phi = self.network.parameters_of(table.double())
        return phi if eta is None else phi + torch.as_tensor(eta, dtype=torch.float64)


def _fixed(typical: torch.Tensor, population: GreyBoxPopulation) -> tuple[Theta, Design]:
    """Return population parameters and design of given typical parameters."""
    nothing, omega = typical.new_zeros(0), torch.tensor(population.omega, dtype=torch.float64)
    varying = torch.nonzero(omega > 0).flatten()
    sigma = torch.tensor([[population.sigma[name] for name in ENDPOINTS]], dtype=torch.float64)
    design = Design(typical.new_zeros(*typical.shape, 0), typical, varying, nothing, nothing)
    return Theta(typical.new_zeros(1, 0), omega[varying].log()[None], sigma.log()), design


class GreyBox(ModelKind):
    """A network in front of a mechanism."""

    target = "log"
    censored = True

    def rows(self, preprocessor: Preprocessor, trial: Trial) -> Rows:
        """Return covariates, doses and observations."""
        return population_rows(preprocessor, trial)

    def build(
        self, config: PkpdConfig, preprocessor: Preprocessor, backend: Backend, seed: int
    ) -> GreyBoxModel:
        """Build a model with fresh weights."""
        names = column_names(preprocessor)
        n_inputs = sum(name != BASELINE for name in names)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            head = HEADS[config.model.head](config.model, backend, n_inputs)
        return GreyBoxModel(names, head, structure_named(config.model.structure))

    def circuits(self, config: PkpdConfig) -> Mapping[str, LayerCircuit]:
        """Return the circuit of the head."""
        if config.model.head != "quantum":
            return {}
        return {LAYER: LayerCircuit(pqc_of(config.model))}

    def task(self, config: PkpdConfig) -> PopulationTask:  # noqa: ARG002
        """Return the likelihood."""
        return PopulationTask()

    def names(self, config: PkpdConfig) -> Mapping[str, str]:
        """Return the head."""
        return {"head": config.model.head}

    def describe(self, config: PkpdConfig) -> str:
        """Return the model in a few words."""
        return f"grey box, head {config.model.head}"


GREYBOX = GreyBox()
"""The model ``greybox``."""
