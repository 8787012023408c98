import numpy as np
import pytest
import torch
from torch import nn

from qkdrp.backends import get_backend
from qkdrp.common.errors import ConfigError, RunError
from qkdrp.runs.explain.gradients import attribute, integrated_gradients
from qkdrp.runs.explain.importance import mean_importance
from qkdrp.runs.explain.permutation import permutation_importance
from qkdrp.runs.explain.stability import stability
from qkdrp.runs.explain.subject import Explained
from qkdrp.systems.response.config import ModelConfig
from qkdrp.systems.response.recipes import build_model
from qkdrp.training.features import Feature, Features, column_features, numbered_features
from qkdrp.training.rows import Rows

WEIGHTS = torch.tensor([2.0, -1.0, 0.0, 0.5])
ROUNDING = 1e-5


def silent(_done: int, _total: int) -> None:
    pass


class Linear(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ WEIGHTS


def linear(n_rows: int = 40, features: Features | None = None) -> Explained:
    x = torch.randn(n_rows, 4, generator=torch.Generator().manual_seed(0))
    named = features or Features(column_features("abcd"), (torch.full((1, 4), 0.3),))
    return Explained(Linear(), (x,), x @ WEIGHTS, named, nn.functional.mse_loss)


def test_attributions_of_a_linear_model_are_known() -> None:
    subject = linear()
    (found,) = attribute(subject, [0], steps=4, on_progress=silent)
    expected = WEIGHTS * (subject.inputs[0] - 0.3)
    torch.testing.assert_close(found[0], expected, atol=ROUNDING, rtol=0)
    gradients = integrated_gradients(subject, 4, silent)
    np.testing.assert_allclose(gradients.slope, WEIGHTS, atol=ROUNDING)
    means = expected.abs().mean(0)
    np.testing.assert_allclose(gradients.importance.means, means, atol=ROUNDING)


@pytest.mark.parametrize("model", ["moderated", "classic", "layernorm"])
@pytest.mark.parametrize("backend", ["statevector", "aer_exact"])
def test_attributions_add_up_to_the_change_of_the_prediction(model: str, backend: str) -> None:
    config = ModelConfig.make(model=model, n_qubits=2, n_encoding=2, a=1.0)
    network = build_model(config, 6, get_backend(backend), seed=1).eval()
    x = 2 * torch.randn(9, 6, generator=torch.Generator().manual_seed(1))
    features = Features(column_features("abcdef"), (torch.full((1, 6), -0.2),))
    subject = Explained(network, (x,), torch.zeros(9), features, nn.functional.mse_loss)
    (found,) = attribute(subject, [0], steps=200, on_progress=silent)
    with torch.no_grad():
        change = network(x) - network(features.reference[0])
    assert change.abs().max() > 100 * ROUNDING, "something to add up to"
    torch.testing.assert_close(found[0].sum(1), change, atol=ROUNDING, rtol=0)
    assert integrated_gradients(subject, 200, silent).gap < ROUNDING
    assert integrated_gradients(subject, 1, silent).gap > ROUNDING, "one point is too few"


def test_a_column_that_the_model_ignores_is_worth_nothing() -> None:
    found = permutation_importance(linear(), 3, 0, silent)
    assert found.means[2] == 0
    assert (found.means[[0, 1, 3]] > 0).all()
    assert found.ranks.tolist() == [1, 2, 4, 3]


def test_permuting_a_linear_model_grows_the_loss_as_its_variance_says() -> None:
    """E (w x_i - w x_j)^2 = 2 w^2 var(x) for independent rows."""
    subject = linear(2000)
    found = permutation_importance(subject, 5, 0, silent)
    variance = subject.inputs[0].var(dim=0).numpy()
    np.testing.assert_allclose(found.means, 2 * WEIGHTS.numpy() ** 2 * variance, rtol=0.1)
    assert (found.low <= found.means).all()


def test_rows_that_a_permutation_leaves_alone_change_nothing() -> None:
    """The same as predicting every row again, for columns that are mostly 0."""
    x = (torch.rand(50, 4, generator=torch.Generator().manual_seed(1)) < 0.1).float()
    target = torch.randn(50, generator=torch.Generator().manual_seed(2))
    features = Features(column_features("abcd"), (torch.zeros(1, 4),))
    subject = Explained(Linear(), (x,), target, features, nn.functional.mse_loss)
    found = permutation_importance(subject, 2, 5, silent).means
    rng, expected = np.random.default_rng(5), np.zeros(4)
    for _ in range(2):
        order = torch.as_tensor(rng.permutation(50))
        for column in range(4):
            moved = x.clone()
            moved[:, column] = x[order, column]
            grown = (moved @ WEIGHTS - target) ** 2 - (x @ WEIGHTS - target) ** 2
            expected[column] += float(grown.mean()) / 2
    np.testing.assert_allclose(found, expected, atol=ROUNDING)


def test_what_belongs_to_a_feature_is_permuted_with_it() -> None:
    """The model reads kind * x; moved alone, x meets another kind and the loss grows."""
    x = torch.tensor([[1.0], [-1.0]]).repeat(20, 1)
    kind = torch.tensor([1, -1]).repeat(20)
    features = Features((Feature("both", (), 0, along=(1,)),), (torch.zeros(1, 1), kind[:1]))
    alone = Features((Feature("x", (), 0),), features.reference)

    class Product(nn.Module):
        def forward(self, x: torch.Tensor, kind: torch.Tensor) -> torch.Tensor:
            return x[:, 0] * kind

    for given, grows in ((features, False), (alone, True)):
        subject = Explained(Product(), (x, kind), torch.ones(40), given, nn.functional.mse_loss)
        assert (permutation_importance(subject, 2, 0, silent).means[0] > 0) == grows


def test_columns_of_a_group_move_together() -> None:
    """Where two columns cancel out, permuting both together changes little, each alone much."""
    x = torch.randn(300, 1, generator=torch.Generator().manual_seed(0))
    both = torch.cat([x, x], dim=1)

    class Difference(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, 0] - x[:, 1]

    groups = (Feature("both", (0, 1)), *column_features(["one", "other"]))
    features = Features(groups, (torch.zeros(1, 2),))
    target = torch.zeros(300)
    subject = Explained(Difference(), (both,), target, features, nn.functional.mse_loss)
    found = permutation_importance(subject, 2, 0, silent).means
    assert found[0] == 0
    assert (found[1:] > 1).all()
    slopes = integrated_gradients(subject, 4, silent).slope
    assert np.isnan(slopes[0])
    np.testing.assert_allclose(slopes[1:], [1, -1], atol=ROUNDING)


class Mixed(nn.Module):
    """Real numbers, a class number without gradient, and two outputs."""

    def forward(self, kind: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x.sum(dim=(1, 2)) * kind, x[:, 0].sum(1) - kind], dim=1)


def test_inputs_without_gradient_and_several_outputs() -> None:
    x = torch.randn(30, 3, 2, generator=torch.Generator().manual_seed(0))
    kind = torch.arange(30) % 3
    rows = Rows((kind, x), Mixed()(kind, x))
    features = numbered_features(rows)
    assert features.names == ["x0", "x1[0]", "x1[1]", "x1[2]"]
    subject = Explained(Mixed(), (kind, x), rows.target, features, nn.functional.mse_loss)
    found = integrated_gradients(subject, 8, silent)
    assert found.gap < ROUNDING
    assert np.isnan(found.importance.means).tolist() == [True, False, False, False]
    assert found.importance.ranks[1] == 1, "the column that both outputs read"
    assert np.isnan(found.slope).all()
    assert (permutation_importance(subject, 2, 0, silent).means > 0).all()


def test_what_cannot_be_explained_is_refused() -> None:
    with pytest.raises(RunError, match="2 held-out rows"):
        linear(2)
    given = linear()
    with pytest.raises(ConfigError, match="row by row"):
        Explained(given.model, (torch.zeros(3, 4),), given.target, given.features, given.loss)
    whole = Features((Feature("x", ()),), (torch.zeros(1, 4, dtype=torch.int64),))
    numbers = torch.zeros(5, 4, dtype=torch.int64)
    subject = Explained(Linear(), (numbers,), torch.zeros(5), whole, nn.functional.mse_loss)
    with pytest.raises(ConfigError, match="no input with a gradient"):
        integrated_gradients(subject, 4, silent)
    with pytest.raises(ValueError, match="twice"):
        Features(column_features("aa"), (torch.zeros(1, 2),))
    with pytest.raises(ValueError, match="no input"):
        Features((Feature("x", (0,), tensor=1),), (torch.zeros(1, 2),))


def test_intervals_cover_the_mean(rng: np.random.Generator) -> None:
    found = mean_importance(rng.normal(1.0, 2.0, (2000, 12)))
    inside = (found.low < 1) & (found.high > 1)
    assert abs(inside.mean() - 0.95) < 0.02
    assert (mean_importance(rng.normal(0.0, 1.0, (50, 3)), 0.0).low >= 0).all()
    few = mean_importance(np.array([[1.0, 3.0], [np.nan, np.nan]]))
    assert few.means[0] == 2
    assert np.isnan(few.low).all()
    assert np.isnan(few.means[1])


def test_stability_of_equal_and_of_opposite_orders() -> None:
    order = np.arange(10.0)
    same = stability(np.stack([order, order], axis=1), 3)
    assert same is not None
    assert (same.rank_correlation, same.overlap) == (pytest.approx((1, 1, 1)), (1, 1, 1))
    assert same.overlap_by_chance == pytest.approx(0.3)
    opposite = stability(np.stack([order, -order], axis=1), 3)
    assert opposite is not None
    assert opposite.rank_correlation is not None
    assert (opposite.rank_correlation.mean, opposite.overlap.mean) == (pytest.approx(-1), 0)
    assert stability(order[:, None], 3) is None
    missing = np.stack([order, np.where(order < 4, np.nan, order)], axis=1)
    known = stability(missing, 30)
    assert known is not None
    assert (known.n_features, known.top, known.overlap.mean) == (6, 6, 1)


def test_chance_overlap_is_what_random_orders_share(rng: np.random.Generator) -> None:
    found = stability(rng.normal(size=(50, 40)), 10)
    assert found is not None
    assert found.overlap.mean == pytest.approx(found.overlap_by_chance, abs=0.02)
