"""A fit as plain values, as a run keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import torch

from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.fit import PopulationFit
from qkdrp.systems.pkpd.population.marginal import Theta
from qkdrp.systems.pkpd.population.model import PopulationModel
from qkdrp.systems.pkpd.population.selection import Decision
from qkdrp.systems.pkpd.population.specification import Specification
from qkdrp.systems.pkpd.population.structures import Compared

_TENSORS = ("phi", "eta", "spread", "covariance")
_NUMBERS = ("objective", "n_subjects", "n_observations", "converged")


def fit_to_json(fit: PopulationFit) -> dict[str, Any]:
    """Return a fit as plain values."""
    return {
        "model": fit.model.to_json(),
        "theta": {name: part.tolist() for name, part in vars(fit.theta).items()},
        **{name: getattr(fit, name).tolist() for name in _TENSORS},
        **{name: getattr(fit, name) for name in _NUMBERS},
        "decisions": [asdict(each) for each in fit.decisions],
    }


def fit_from_json(values: Mapping[str, Any]) -> PopulationFit:
    """Make a fit again from plain values."""
    model = PopulationModel.from_json(values["model"])
    varying = tuple(
        name for name, deviation in zip(model.parameters, model.omega, strict=True) if deviation > 0
    )
    tensors: dict[str, Any] = {
        name: torch.tensor(values[name], dtype=torch.float64) for name in _TENSORS
    }
    theta = {
        name: torch.tensor(part, dtype=torch.float64) for name, part in values["theta"].items()
    }
    numbers: dict[str, Any] = {name: values[name] for name in _NUMBERS}
    effects = tuple(  # a specification says what is estimated; the model holds how large it is
        replace(each, coefficient=0.0) if each.estimated else each for each in model.effects
    )
    return PopulationFit(
        specification=Specification(model.structure, model.covariates, effects, varying),
        model=model,
        theta=Theta(**theta),
        decisions=tuple(Decision(**each) for each in values["decisions"]),
        **tensors,
        **numbers,
    )


def compared_to_json(rows: tuple[Compared, ...]) -> list[dict[str, Any]]:
    """Return a comparison of structures as plain values."""
    return [{**asdict(row), "structure": row.structure.to_json()} for row in rows]


def compared_from_json(rows: list[Mapping[str, Any]]) -> tuple[Compared, ...]:
    """Make a comparison of structures again."""
    return tuple(
        Compared(**{**row, "structure": Structure.from_json(row["structure"])}) for row in rows
    )
