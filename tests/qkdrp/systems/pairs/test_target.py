import numpy as np
import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.target import Target

LN_Y = np.linspace(-12, 13, 1001)


@pytest.mark.parametrize(("ln_y", "t"), [(-6.8970, 0.66590), (0.0, 0.5), (5.1440, 0.37416)])
def test_published_values(ln_y: float, t: float) -> None:
    assert Target().of(np.array(ln_y)) == pytest.approx(t, abs=5e-6)


def test_the_other_exponent_is_the_complement() -> None:
    total = Target().of(LN_Y) + Target(exponent=-0.1).of(LN_Y)
    np.testing.assert_allclose(total, 1, atol=1e-15)


@pytest.mark.parametrize("exponent", [0.1, -0.1])
def test_it_goes_back(exponent: float) -> None:
    target = Target(exponent=exponent)
    np.testing.assert_allclose(target.measured(target.of(LN_Y)), LN_Y, atol=1e-9)


def test_targets_out_of_range_are_the_largest_ln_ic50() -> None:
    np.testing.assert_allclose(Target().measured(np.array([-0.2, 0.0, 1.0, 3.0])),
                               [30, 30, -30, -30])  # fmt: skip


def test_an_area_stays() -> None:
    np.testing.assert_array_equal(Target("auc").of(LN_Y), LN_Y)


@pytest.mark.parametrize(
    ("settings", "large"),
    [
        ({}, True),
        ({"exponent": -0.1}, False),
        ({"measure": "auc"}, False),
        ({"measure": "auc", "direction": "higher"}, True),
    ],
)
def test_which_side_is_sensitive(settings: dict[str, object], large: bool) -> None:
    data = DataConfig.make(**settings)
    assert data.target.large_is_sensitive is large


def test_a_direction_is_of_an_area() -> None:
    with pytest.raises(ConfigError, match="--direction is of --measure auc"):
        DataConfig.make(direction="higher")
