from dataclasses import replace

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data import Cohort


@pytest.mark.parametrize("name", ["samples", "genes", "ln_ic50", "responder"])
def test_arrays_that_do_not_fit_are_named(cohort: Cohort, name: str) -> None:
    short = getattr(cohort, name)[:-1]
    with pytest.raises(DataError, match=rf"^{name} has {len(short)} entries, expected"):
        replace(cohort, **{name: short})


def test_select_keeps_the_order_that_was_asked_for(cohort: Cohort) -> None:
    part = cohort.select(["C010", "C002"])
    assert part.samples.tolist() == ["C010", "C002"]
    np.testing.assert_array_equal(part.expression, cohort.expression[[10, 2]])
    np.testing.assert_array_equal(part.ln_ic50, cohort.ln_ic50[[10, 2]])
    np.testing.assert_array_equal(part.responder, cohort.responder[[10, 2]])
    assert len(part) == 2


def test_select_names_an_unknown_sample(cohort: Cohort) -> None:
    with pytest.raises(DataError, match="1 samples are not in the data, 'X1'"):
        cohort.select(["C001", "X1"])


def test_digest_is_the_same_for_the_same_numbers(cohort: Cohort) -> None:
    copied = replace(cohort, expression=cohort.expression.copy(), provenance="elsewhere")
    assert copied.digest() == cohort.digest()


@pytest.mark.parametrize("name", ["expression", "ln_ic50", "responder"])
def test_digest_changes_with_a_number(cohort: Cohort, name: str) -> None:
    changed = getattr(cohort, name).copy()
    changed.flat[3] = not changed.flat[3] if changed.dtype == bool else changed.flat[3] + 1e-3
    assert replace(cohort, **{name: changed}).digest() != cohort.digest()


def test_digest_depends_on_the_order(cohort: Cohort) -> None:
    assert cohort.select(cohort.samples[::-1]).digest() != cohort.digest()


@pytest.mark.parametrize("name", ["samples", "genes"])
def test_names_are_unique(cohort: Cohort, name: str) -> None:
    names = getattr(cohort, name).copy()
    names[1] = names[0]
    with pytest.raises(DataError, match=f"{name} holds .* twice"):
        replace(cohort, **{name: names})
