import numpy as np
import pandas as pd
import pytest

from qkdrp.common.shown import shown, shown_cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(0), "0"),
        (np.float64(0.5), "0.5"),
        (np.bool_(True), "True"),
        (np.str_("S"), "'S'"),
        ("S", "'S'"),
        (float("nan"), "nan"),
        ([1, 2], "[1, 2]"),
        ("x" * 50, repr("x" * 40 + "...")),
    ],
)
def test_no_type_is_shown_beside_a_value(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize("blank", [float("nan"), None, pd.NA, pd.NaT])
def test_a_blank_cell_holds_nothing(blank: object) -> None:
    assert shown_cell(blank) == "nothing"
    assert shown_cell("nan") == "'nan'"
