import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from qkdrp.systems.pkpd.population.alternation import Batch, linearise
from qkdrp.systems.pkpd.population.covariates import Covariate
from qkdrp.systems.pkpd.population.fit import PopulationFit
from qkdrp.systems.pkpd.population.marginal import Theta
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.selection import Linearised, Selection
from qkdrp.systems.pkpd.population.specification import Specification


@pytest.fixture(scope="module")
def selected(fit: PopulationFit, material: Material) -> tuple[Selection, Linearised]:
    """The choice where one more covariate tells which subjects clear the drug fast."""
    structure, n = fit.specification.structure, len(material.panel)
    clearance = fit.eta[:, structure.parameters.index("CL")]
    fast = (clearance > clearance.median()).double()
    values = {**material.values, "FAST": fast}
    covariates = (*material.covariates, Covariate("FAST", logarithmic=False, reference=0.0))
    plain = Specification(structure, covariates, (), structure.parameters)
    theta = Theta(
        torch.tensor([fit.model.intercepts], dtype=torch.float64),
        torch.full((1, len(structure.parameters)), math.log(0.2), dtype=torch.float64),
        fit.theta.log_sigma,
    )
    weights = torch.ones(1, n, dtype=torch.float64)
    batch = Batch(structure, material.panel, weights, plain.design(values, n))
    selection = Selection(linearise(batch, fit.phi[None], theta)[1], values)
    return selection, selection.run(plain, theta)


def test_an_effect_enters_where_it_lowers_bic(selected: tuple[Selection, Linearised]) -> None:
    selection, found = selected
    effects = {(each.parameter, each.covariate) for each in found.specification.estimated}
    assert ("CL", "FAST") in effects
    tried = [each for each in selection.decisions if " on " in each.what]
    assert [each.taken for each in tried] == [
        -each.change > math.log(selection.n_subjects) for each in tried
    ]
    assert sum(each.taken for each in tried) == len(effects)


def test_an_effect_that_is_there_explains_variability(
    selected: tuple[Selection, Linearised],
) -> None:
    selection, found = selected
    effect = next(each for each in found.specification.estimated if each.covariate == "FAST")
    place = found.specification.estimated.index(effect)
    n_typical = len(found.specification.structure.parameters)
    assert found.theta.beta[0, n_typical + place] > 0
    beta = np.delete(found.theta.beta.numpy(), n_typical + place, axis=1)
    without = selection.fit(
        found.specification.without_effect(effect),
        replace(found.theta, beta=torch.from_numpy(beta)),
    )
    varying = found.specification.varying.index("CL")
    assert found.theta.log_omega[0, varying] < without.theta.log_omega[0, varying]
    assert without.value - found.value > math.log(selection.n_subjects)


def test_more_subjects_ask_for_more(selected: tuple[Selection, Linearised]) -> None:
    moments = selected[0].moments
    twice = type(moments)(*(torch.cat([part, part], dim=1) for part in vars(moments).values()))
    values = {name: torch.cat([z, z]) for name, z in selected[0].values.items()}
    assert Selection(twice, values).penalty == pytest.approx(selected[0].penalty + math.log(2))
