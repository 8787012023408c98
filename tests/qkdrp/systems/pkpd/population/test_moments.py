from dataclasses import replace

import torch

from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.curves import log_curves_of, slopes_of
from qkdrp.systems.pkpd.population.material import Material
from qkdrp.systems.pkpd.population.moments import misfit, pseudo_observations

STRUCTURE = Structure(1, "III", 1)
NATURAL = {"ka": 0.8, "CL": 0.05, "V": 5.0, "R0": 4.0, "kout": 0.03, "EC50": 0.8, "Emax": 3.0}


def test_slopes_are_those_of_finite_differences(material: Material) -> None:
    panel = material.panel.take([6, 12])
    phi = STRUCTURE.to_log(NATURAL).expand(2, -1)
    values, slopes = slopes_of(STRUCTURE, phi, panel)
    step = 1e-6 * torch.eye(phi.shape[-1], dtype=phi.dtype)
    for place in range(phi.shape[-1]):
        up = log_curves_of(STRUCTURE, phi + step[place], panel)
        down = log_curves_of(STRUCTURE, phi - step[place], panel)
        torch.testing.assert_close(slopes[..., place], (up - down) / 2e-6, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(values, log_curves_of(STRUCTURE, phi, panel))


def test_pseudo_observations_have_the_derivatives_of_the_censored_likelihood(
    material: Material,
) -> None:
    panel = material.panel.take([6])
    panel = replace(panel, below=panel.seen)
    sigma = torch.tensor([[0.3, 0.3]], dtype=torch.float64)
    values = (panel.logs + torch.linspace(-0.7, 0.7, panel.logs.shape[1])).requires_grad_()
    objective = misfit(panel, values, sigma).sum()
    (slope,) = torch.autograd.grad(objective, values, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), values)
    found = pseudo_observations(panel, values.detach(), sigma)
    expected = -2 * found.weight * found.residual / 0.3**2
    torch.testing.assert_close(slope.detach(), expected, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(bend, 2 * found.weight / 0.3**2, rtol=1e-6, atol=1e-8)
