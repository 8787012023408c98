"""A trial as fits take it: observations, covariates on their scales, levels of the dose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.dose.model import BASELINE
from qkdrp.systems.pkpd.population.covariates import Covariate, constant, covariate_of
from qkdrp.systems.pkpd.population.panel import Panel, panel_of


@dataclass(frozen=True, eq=False)
class Material:
    """A trial as a fit takes it.

    Args:
        panel: Observations.
        levels: Dose level of each subject, shape (n_subjects,).
        covariates: Those that vary, with their scales.
        values: z of each covariate, shape (n_subjects,).
    """

    panel: Panel
    levels: torch.Tensor
    covariates: tuple[Covariate, ...]
    values: Mapping[str, torch.Tensor]

    @classmethod
    def of(
        cls, panel: Panel, levels: torch.Tensor, columns: Mapping[str, NDArray[np.float64]]
    ) -> Self:
        """Return it with scales found from the values; covariates that never vary are left out.

        Args:
            panel: Observations.
            levels: Dose level of each subject.
            columns: Values of covariates by name.

        Raises:
            DataError: If an endpoint was never observed.
        """
        for endpoint, part in panel.slices.items():
            if not panel.seen[:, part].any():
                raise DataError(
                    f"found no observations of the {endpoint} that tell something; the mechanistic "
                    "model needs concentrations and a biomarker."
                )
        varying = {name: each for name, each in columns.items() if not constant(each)}
        covariates = tuple(covariate_of(name, each) for name, each in varying.items())
        values = {each.name: each.transform(varying[each.name]) for each in covariates}
        return cls(panel, levels, covariates, values)

    @classmethod
    def of_trial(cls, trial: Trial, *, baseline: bool = False) -> Self:
        """Return a trial as a fit takes it.

        Args:
            trial: Its subjects.
            baseline: Whether the biomarker before the first dose is a covariate.

        Raises:
            DataError: If an endpoint was never observed.
        """
        names = [*trial.covariates, *([BASELINE] if baseline else [])]
        levels = torch.from_numpy(trial.dose_levels())
        return cls.of(panel_of(trial), levels, covariate_columns(trial, names))


def covariate_columns(
    trial: Trial, names: Sequence[str], typical: float | None = None
) -> dict[str, NDArray[np.float64]]:
    """Return values of covariates of a trial by name.

    Args:
        trial: Its subjects.
        names: Covariates; the baseline may be among them.
        typical: What stands for a baseline that was not measured; an error where left out.

    Raises:
        DataError: If a covariate is missing, or a baseline without ``typical``.
    """
    missing = sorted(set(names) - {BASELINE, *trial.covariates})
    if missing:
        raise DataError(
            f"{trial.provenance}: the covariates {', '.join(missing)} of the model are not in the "
            "data; add the columns."
        )
    found = {name: trial.covariate(name) for name in names if name != BASELINE}
    if BASELINE in names:
        baseline = np.log([each.baseline for each in trial.subjects])
        unknown = np.isnan(baseline)
        if unknown.any() and typical is None:
            raise DataError(
                f"subject {str(trial.ids[unknown][0])!r} has no biomarker before its first dose, "
                "which the baseline needs; train without it."
            )
        found[BASELINE] = np.where(unknown, typical or 0.0, baseline)
    return found
