import numpy as np
import torch
from scipy.stats import multivariate_normal

from qkdrp.systems.pkpd.population.marginal import (
    Design,
    Theta,
    by_subject,
    conditional_effects,
    information_of,
    minus_two_log_likelihood,
    optimise,
)
from qkdrp.systems.pkpd.population.moments import Moments

SIGMA = torch.tensor([0.2, 0.4], dtype=torch.float64)
OMEGA = torch.tensor([0.5, 0.3], dtype=torch.float64)
N_SUBJECTS, N_SLOTS = 30, 8


def linear_data() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Slopes (n, slots, 2), values (n, slots) and the endpoint of each slot of a linear model."""
    rng = torch.Generator().manual_seed(0)
    slopes = torch.randn(N_SUBJECTS, N_SLOTS, 2, generator=rng, dtype=torch.float64)
    endpoint = torch.tensor([0] * 4 + [1] * 4)
    phi = torch.tensor([1.0, -2.0]) + OMEGA * torch.randn(N_SUBJECTS, 2, generator=rng)
    noise = torch.randn(N_SUBJECTS, N_SLOTS, generator=rng) * SIGMA[endpoint]
    return slopes, (slopes @ phi.double().unsqueeze(-1)).squeeze(-1) + noise, endpoint


def moments_of_linear() -> Moments:
    slopes, values, endpoint = linear_data()
    member = torch.nn.functional.one_hot(endpoint, 2).double().T
    weighted = member[None, :, :, None] * slopes[:, None]
    return Moments(
        weighted.transpose(-1, -2) @ slopes[:, None],
        (weighted * values[:, None, :, None]).sum(-2),
        (member * values.square()[:, None]).sum(-1),
        member.sum(-1).expand(N_SUBJECTS, 2),
    )


def test_likelihood_of_a_linear_model_is_that_of_a_normal_distribution() -> None:
    slopes, values, endpoint = linear_data()
    phi = torch.tensor([[0.9, -1.8]], dtype=torch.float64).expand(N_SUBJECTS, 2)
    found = by_subject(phi, OMEGA.log(), SIGMA.log(), moments_of_linear(), torch.arange(2))
    for row in range(3):
        j = slopes[row].numpy()
        variance = np.diag(SIGMA[endpoint].numpy() ** 2) + j @ np.diag(OMEGA.numpy() ** 2) @ j.T
        exact = multivariate_normal(j @ phi[row].numpy(), variance).logpdf(values[row].numpy())
        constant = N_SLOTS * np.log(2 * np.pi)
        np.testing.assert_allclose(float(found[row]) + constant, -2 * exact, rtol=1e-10)


def one_design() -> Design:
    eye = torch.eye(2, dtype=torch.float64).expand(N_SUBJECTS, 2, 2)
    nothing = torch.zeros(2, dtype=torch.float64)
    return Design(eye, torch.zeros(N_SUBJECTS, 2).double(), torch.arange(2), nothing, nothing)


def batched(moments: Moments, n: int) -> Moments:
    return Moments(*(part.expand(n, *part.shape) for part in vars(moments).values()))


def start(n: int) -> Theta:
    zeros = torch.zeros(n, 2, dtype=torch.float64)
    return Theta(zeros, zeros - 1.0, zeros - 1.0)


def test_optimum_has_no_gradient_and_batches_are_fits_of_their_own() -> None:
    moments = moments_of_linear()
    weights = torch.ones(3, N_SUBJECTS, dtype=torch.float64)
    weights[1, :10], weights[2, ::2] = 0, 2
    found = optimise(start(3), batched(moments, 3), weights, one_design())
    alone = optimise(start(1), batched(moments, 1), weights[2:], one_design())
    torch.testing.assert_close(found.theta.flat[2:], alone.theta.flat, rtol=1e-4, atol=1e-4)
    flat = found.theta.flat[0].requires_grad_()
    value = minus_two_log_likelihood(flat, moments, weights[0], one_design())
    assert torch.autograd.grad(value, flat)[0].abs().max() < 1e-2
    truth = torch.tensor([1.0, -2.0, *OMEGA.log(), *SIGMA.log()], dtype=torch.float64)
    information = information_of(found.theta, batched(moments, 3), weights, one_design())[0]
    errors = torch.linalg.inv(information).diagonal().sqrt()
    assert ((found.theta.flat[0].detach() - truth).abs() < 4 * errors).all()


def test_conditional_effects_are_those_of_the_normal_distribution() -> None:
    slopes, values, endpoint = linear_data()
    theta = Theta(torch.tensor([[1.0, -2.0]]).double(), OMEGA.log()[None], SIGMA.log()[None])
    mean, spread = conditional_effects(theta, batched(moments_of_linear(), 1), one_design())
    j, prior = slopes[0], torch.diag(OMEGA**2)
    variance = torch.diag(SIGMA[endpoint] ** 2) + j @ prior @ j.T
    gain = prior @ j.T @ torch.linalg.inv(variance)
    torch.testing.assert_close(mean[0, 0], gain @ (values[0] - j @ theta.beta[0]))
    torch.testing.assert_close(spread[0, 0], prior - gain @ j @ prior)
