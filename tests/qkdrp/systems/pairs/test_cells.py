import pytest
import torch

from qkdrp.common.errors import DataError
from qkdrp.systems.pairs.cells import FEWEST_FEATURES, POOL, CellBranch


def test_shapes_and_parameters_of_the_paper() -> None:
    branch = CellBranch(735)
    assert sum(weights.numel() for weights in branch.parameters()) == 459_360
    values, shapes = torch.zeros(2, 735), []
    for layer in branch.layers:
        values = layer(values)
        shapes.append(tuple(values.shape[1:]))
    lengths = [shape[-1] for shape in shapes if len(shape) == 3]
    assert lengths == [728, 242, 242, 235, 78, 78, 71, 23, 23]
    assert shapes[-2:] == [(2944,), (128,)]


def test_pooling_before_the_relu_gives_the_same() -> None:
    torch.manual_seed(0)
    branch = CellBranch(150)
    values = torch.rand(3, 150)
    layers = list(branch.layers)
    other = values[:, None]
    for layer in layers[1:10:3]:
        other = torch.relu(torch.conv1d(other, layer.weight, layer.bias))
        other = torch.max_pool1d(other, POOL)
    torch.testing.assert_close(branch(values), layers[-1](layers[-2](other)))


def test_too_few_features_are_refused() -> None:
    assert CellBranch(FEWEST_FEATURES)(torch.zeros(1, FEWEST_FEATURES)).shape == (1, 128)
    with pytest.raises(DataError, match="found 117 features of cell lines, expected at least 118"):
        CellBranch(FEWEST_FEATURES - 1)


def test_weights_are_called_as_in_runs_that_were_written_before() -> None:
    names = [f"layers.{place}.{kind}" for place in (1, 4, 7, 11) for kind in ("weight", "bias")]
    assert list(CellBranch(150).state_dict()) == names
