"""The fitted population model: typical parameters, variability, residual error."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.mechanism import DosedByMechanism, Structure
from qkdrp.systems.pkpd.population.covariates import Covariate, Effect


@dataclass(frozen=True)
class PopulationModel(DosedByMechanism):
    """A population model of concentration and biomarker.

    The logarithmic parameters of a subject are ``intercepts + effects of covariates + eta``, where
    eta is normal with the deviations ``omega``. The logarithms of observations are normal about
    those of the curves with the deviations ``sigma``.

    Args:
        structure: Of the mechanism.
        covariates: Those that effects use.
        effects: Coefficients of the covariates.
        intercepts: Logarithmic parameters of the reference subject, in the structure's order.
        omega: Deviation between subjects of each parameter; 0 for none.
        sigma: Residual deviation of the logarithm by endpoint.
    """

    structure: Structure
    covariates: tuple[Covariate, ...]
    effects: tuple[Effect, ...]
    intercepts: tuple[float, ...]
    omega: tuple[float, ...]
    sigma: Mapping[str, float]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the parameters."""
        return self.structure.parameters

    def log_parameters(
        self, covariates: Mapping[str, ArrayLike], eta: ArrayLike | None = None
    ) -> torch.Tensor:
        """Return logarithmic parameters of subjects, shape (n_subjects, n_parameters), float64.

        Args:
            covariates: Values of every covariate that the model uses, each (n_subjects,); a model
                without covariates takes any of them for the number of subjects.
            eta: Random effects, shape (n_subjects, n_parameters); typical subjects by default.

        Raises:
            DataError: If a covariate is missing.
        """
        known = {each.name: each for each in self.covariates}
        missing = sorted({each.covariate for each in self.effects} - set(covariates))
        if missing:
            raise DataError(
                f"found no covariate {', '.join(missing)}, which the model needs; give "
                f"{', '.join(known)}."
            )
        n = max((np.size(values) for values in covariates.values()), default=1)
        n = max(n, 1 if eta is None else len(torch.as_tensor(eta)))
        phi = torch.tensor(self.intercepts, dtype=torch.float64).repeat(n, 1)
        for effect in self.effects:
            z = known[effect.covariate].transform(covariates[effect.covariate])
            phi[:, self.parameters.index(effect.parameter)] += effect.coefficient * z
        return phi if eta is None else phi + torch.as_tensor(eta, dtype=torch.float64)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "structure": self.structure.to_json(),
            "covariates": [asdict(each) for each in self.covariates],
            "effects": [asdict(each) for each in self.effects],
            "parameters": list(self.parameters),
            "intercepts": list(self.intercepts),
            "omega": list(self.omega),
            "sigma": dict(self.sigma),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "PopulationModel":
        """Make it again from plain values.

        Raises:
            KeyError: If something is missing.
            ValueError: If something is malformed.
        """
        structure = Structure.from_json(values["structure"])
        if list(structure.parameters) != list(values["parameters"]):
            raise ValueError(f"Found parameters {values['parameters']}.")
        return cls(
            structure,
            tuple(Covariate(**each) for each in values["covariates"]),
            tuple(Effect(**each) for each in values["effects"]),
            tuple(float(each) for each in values["intercepts"]),
            tuple(float(each) for each in values["omega"]),
            {name: float(value) for name, value in values["sigma"].items()},
        )
