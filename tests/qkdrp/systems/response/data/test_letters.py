from dataclasses import replace

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.letters import doubt_letters, refuse_swapped_letters
from tests.qkdrp.conftest import make_cohort


def test_sensitive_samples_with_lower_values_raise_no_doubt() -> None:
    assert doubt_letters(make_cohort()) is None
    refuse_swapped_letters(make_cohort())


@pytest.mark.parametrize("change", ["letters", "values"])
def test_swapped_letters_and_negated_values_are_refused(change: str) -> None:
    cohort = make_cohort()
    if change == "letters":
        cohort = replace(cohort, responder=~cohort.responder)
    else:
        cohort = replace(cohort, ln_ic50=-cohort.ln_ic50)
    with pytest.raises(DataError, match=r"responders of DrugA have a median .*: swap the letters"):
        refuse_swapped_letters(cohort)


def test_a_difference_by_chance_is_only_noted(rng: np.random.Generator) -> None:
    cohort = make_cohort()
    values = rng.normal(0.0, 1.0, len(cohort))
    for flag, median in ((True, 0.1), (False, 0.0)):
        values[cohort.responder == flag] += median - np.median(values[cohort.responder == flag])
    doubt = doubt_letters(replace(cohort, ln_ic50=values))
    assert doubt is not None
    assert not doubt.certain


def test_one_class_alone_raises_no_doubt() -> None:
    cohort = make_cohort()
    assert doubt_letters(replace(cohort, responder=np.zeros(len(cohort), dtype=bool))) is None
