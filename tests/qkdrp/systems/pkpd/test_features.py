"""Features against the rows that were worked out by hand."""

import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.data.trial import Doses, Subject
from qkdrp.systems.pkpd.features import AMOUNTS, feature_names, features_at

NAMES = [
    "BW", "COMED", "DOSE", "TIME", "TSLD", "LAST_DOSE_TIME", "LAST_DOSE_AMT", "N_DOSES_UP_TO_T",
    "CUM_DOSE_UP_TO_T", "TIME_SQUARED", "TIME_LOG", "DOSE_SUM_PREV24H", "DOSE_SUM_PREV48H",
    "DOSE_SUM_PREV72H", "DOSE_SUM_PREV96H", "DOSE_SUM_PREV120H", "DOSE_SUM_PREV144H",
    "DOSE_SUM_PREV168H", "DECAY_HL24h", "DECAY_HL48h", "DECAY_HL72h",
]  # fmt: skip

WORKED = {
    (3, 0): [70, 1, 3, 0, 0, 0, 3, 1, 3, 0, 0, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1],
    (3, 36): [70, 1, 3, 36, 12, 24, 3, 2, 6, 1296, 3.610918, 3, 6, 6, 6, 6, 6, 6, 0.707107,
              0.840896, 0.890899],
    (3, 504): [70, 1, 3, 504, 24, 480, 3, 21, 63, 254016, 6.224558, 0, 3, 6, 9, 12, 15, 18, 0.5,
               0.707107, 0.793701],
    (3, 1176): [70, 1, 3, 1176, 696, 480, 3, 21, 63, 1382976, 7.070724, 0, 0, 0, 0, 0, 0, 0, 1.9e-9,
                0.000043, 0.001230],
    (0, 36): [70, 1, 0, 36, 0, 0, 0, 0, 0, 1296, 3.610918, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
}  # fmt: skip
"""By dose and time: daily doses for three weeks, 70 kg, with concomitant medication."""


def subject(dose: float) -> Subject:
    times = 24.0 * np.arange(21) if dose else np.empty(0)
    given = Doses(times, np.full(len(times), dose))
    return Subject("1", {"BW": 70.0, "COMED": 1.0}, given, {})


@pytest.mark.parametrize(("dose", "time"), WORKED)
def test_worked_rows(dose: float, time: float) -> None:
    found = features_at(subject(dose), np.array([float(time)]), ("BW", "COMED"))
    assert found[0] == pytest.approx(WORKED[dose, time], rel=2e-6, abs=6e-7)


def test_names() -> None:
    assert list(feature_names(("BW", "COMED"))) == NAMES
    assert len(NAMES) == 21


def test_copies_for_each_kilogram() -> None:
    names = feature_names(("BW", "COMED"), per_kg=True)
    found = features_at(subject(3.0), np.array([36.0, 504.0]), ("BW", "COMED"), per_kg=True)
    for name in AMOUNTS:
        copy, plain = names.index(f"{name}_PER_KG"), names.index(name)
        assert found[:, copy] == pytest.approx(found[:, plain] / 70)
    assert len(names) == 21 + len(AMOUNTS)
    with pytest.raises(DataError, match="no covariate BW"):
        feature_names(("COMED",), per_kg=True)


def test_windows_are_open_at_their_beginning() -> None:
    """A dose that is exactly 24 h old is outside the window of 24 h, one that is new inside."""
    twice_a_day = Subject("1", {}, Doses(np.array([0.0, 12, 24]), np.array([1.0, 10, 100])), {})
    found = features_at(twice_a_day, np.array([11.9, 12, 24]), ())
    place = feature_names(()).index("DOSE_SUM_PREV24H")
    assert found[:, place].tolist() == [1, 11, 110]
