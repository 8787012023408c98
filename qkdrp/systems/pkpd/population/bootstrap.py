"""Refits of resampled subjects, many at once as one tensor."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.common.seeds import derive_seed
from qkdrp.systems.pkpd.config import REFITS_OF_AN_EPOCH
from qkdrp.systems.pkpd.population.alternation import Batch, alternate
from qkdrp.systems.pkpd.population.fit import PopulationFit, model_of
from qkdrp.systems.pkpd.population.marginal import Theta
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.model import PopulationModel

TOLERANCE = 0.02
"""Change of a logarithmic parameter at which a refit has converged."""

ROUNDS = 12
"""Linearisations of a refit at most."""

OnRefits = Callable[[Sequence[PopulationModel]], None]
"""Called with the models of refits as they are done."""


@dataclass(frozen=True, eq=False)
class Resamples:
    """How often each subject counts in each resample, within levels of the dose.

    Args:
        weights: Shape (n_resamples, n_subjects), whole numbers.
    """

    weights: NDArray[np.int64]

    @classmethod
    def draw(cls, levels: NDArray[np.float64], n: int, seed: int) -> "Resamples":
        """Draw subjects with replacement within each level.

        Args:
            levels: Dose level of each subject, shape (n_subjects,).
            n: How many resamples.
            seed: Each resample has a stream of its own, so that more of them keep the first.
        """
        weights = np.zeros((n, len(levels)), dtype=np.int64)
        members = [np.flatnonzero(levels == level) for level in np.unique(levels)]
        for number, row in enumerate(weights):
            stream = np.random.default_rng(derive_seed(seed, f"resample {number}"))
            for group in members:
                chosen = stream.choice(group, len(group))
                np.add.at(row, chosen, 1)
        return cls(weights)


def refits(
    fit: PopulationFit, material: Material, n: int, seed: int, done: int = 0
) -> Iterator[tuple[PopulationModel, ...]]:
    """Refit a model to resampled subjects; yields models as they are done, in their order.

    The specification stays; population and individual parameters are fitted anew from those of the
    fit.

    Args:
        fit: To the trial itself.
        material: What it was fitted to.
        n: How many refits.
        seed: Of the resamples.
        done: How many of them are known already, and are left out.
    """
    design = fit.specification.design(material.values, len(material.panel))
    weights = Resamples.draw(material.levels.numpy(), n, seed).weights
    for start in range(done, n, REFITS_OF_AN_EPOCH):
        some = torch.from_numpy(weights[start : start + REFITS_OF_AN_EPOCH].astype(np.float64))
        batch = Batch(fit.specification.structure, material.panel, some, design)
        theta = Theta(*(part.repeat(len(some), 1) for part in _parts(fit.theta)))
        phi = fit.phi.repeat(len(some), 1, 1)
        found = alternate(batch, theta, phi, rounds=ROUNDS, tolerance=TOLERANCE)
        yield tuple(model_of(fit.specification, found.theta, k) for k in range(len(some)))


def _parts(theta: Theta) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return theta.beta, theta.log_omega, theta.log_sigma
