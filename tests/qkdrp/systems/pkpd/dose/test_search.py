import math
from collections.abc import Callable

import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.dose.search import smallest_dose


def rising(half: float, greatest: float = 1.0) -> Callable[[float], float]:
    return lambda dose: greatest * dose / (half + dose)


@pytest.mark.parametrize("grid", [0.1, 0.5, 5.0, 1000.0])
@pytest.mark.parametrize("half", [0.003, 1.7, 950.0])
def test_the_smallest_dose_of_a_closed_form(half: float, grid: float) -> None:
    found = smallest_dose(rising(half), 0.9, grid)
    exact = 9 * half  # dose / (half + dose) = 0.9
    assert found.reached
    assert found.exact == pytest.approx(exact, rel=2e-3)
    assert found.dose == pytest.approx(math.ceil(exact / grid - 1e-9) * grid)
    assert found.share >= 0.9 > found.share_below


def test_doses_are_written_as_multiples_of_the_grid() -> None:
    assert smallest_dose(rising(0.185), 0.9, 0.1).dose == 1.7  # 17 * 0.1 is 1.7000000000000002


def test_a_share_that_no_dose_reaches_is_said_so() -> None:
    found = smallest_dose(rising(1.0, greatest=0.8), 0.9, 0.5)
    assert not found.reached
    assert found.dose is None
    assert found.exact is None
    assert found.share == pytest.approx(0.8, abs=1e-4)
    assert found.searched > 1e5


def test_a_share_that_needs_no_dose() -> None:
    found = smallest_dose(lambda _: 0.95, 0.9, 0.5)
    assert (found.dose, found.exact, found.share_below) == (0.0, 0.0, None)


def test_few_doses_are_tried() -> None:
    tried = []

    def share(dose: float) -> float:
        tried.append(dose)
        return rising(111.0)(dose)

    smallest_dose(share, 0.9, 0.5)
    assert len(tried) < 50


@pytest.mark.parametrize("grid", [0.0, -1.0, float("nan"), float("inf")])
def test_grids_that_are_none_are_refused(grid: float) -> None:
    with pytest.raises(ConfigError, match="grid"):
        smallest_dose(rising(1.0), 0.9, grid)
