import numpy as np
import pytest
import torch

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.data.padded import padded
from qkdrp.systems.pkpd.data.trial import (
    BIOMARKER,
    CONCENTRATION,
    Doses,
    Observations,
    Subject,
    Trial,
    nominal_dose,
)
from qkdrp.systems.pkpd.data.units import Units


def subject(name: str, *, doses: int, values: int) -> Subject:
    times = 24.0 * np.arange(doses)
    seen = np.arange(1.0, values + 1)
    observed = {BIOMARKER: Observations(seen, 10 - seen / 10)}
    if doses:
        observed[CONCENTRATION] = Observations(seen + 1, seen / 5)
    return Subject(name, {"BW": 70.0}, Doses(times, np.full(doses, 2.0)), observed)


def trial(*subjects: Subject) -> Trial:
    return Trial(subjects, ("BW",), Units(), "made for a test", synthetic=True)


def test_selecting_keeps_the_order_of_the_ids() -> None:
    found = trial(*(subject(name, doses=1, values=2) for name in "abc"))
    assert found.select(["c", "a"]).ids.tolist() == ["c", "a"]
    assert found.select(["c", "a"]).select(["a", "c"]).digest() == found.select(["a", "c"]).digest()
    with pytest.raises(DataError, match="'x' for one"):
        found.select(["a", "x"])


def test_the_digest_sees_every_number() -> None:
    plain = trial(subject("a", doses=2, values=3))
    others = [
        trial(subject("b", doses=2, values=3)),
        trial(subject("a", doses=3, values=3)),
        trial(subject("a", doses=2, values=2)),
        Trial(plain.subjects, ("BW",), Units("%"), "made for a test", synthetic=True),
    ]
    digests = {each.digest() for each in (plain, *others)}
    assert len(digests) == 5


def test_what_contradicts_itself_is_refused() -> None:
    one = subject("a", doses=1, values=2)
    with pytest.raises(DataError, match="is there twice"):
        trial(one, one)
    with pytest.raises(DataError, match="has the covariates"):
        Trial((one,), ("BW", "AGE"), Units(), "", synthetic=True)
    with pytest.raises(DataError, match="do not increase"):
        Doses(np.array([1.0, 1.0]), np.ones(2))
    with pytest.raises(DataError, match="not positive"):
        Doses(np.array([1.0]), np.zeros(1))
    with pytest.raises(DataError, match="not positive; its logarithm"):
        Observations(np.ones(1), np.zeros(1))
    with pytest.raises(DataError, match="below the limit of quantification without one"):
        Observations(np.ones(1), np.array([np.nan]), np.array([True]))


@pytest.mark.parametrize(("amounts", "expected"), [([], 0.0), ([8, 4, 4, 4], 4.0), ([4, 8], 8.0)])
def test_nominal_dose(amounts: list[float], expected: float) -> None:
    assert nominal_dose(np.array(amounts, dtype=float)) == expected


def test_padding() -> None:
    found = padded(trial(subject("a", doses=0, values=2), subject("b", doses=3, values=1)))
    assert found.n_slots == (1, 2)
    assert found.dose_times.tolist() == [[0, 0, 0], [0, 24, 48]]
    assert found.dose_amounts.tolist() == [[0, 0, 0], [2, 2, 2]]
    nothing = float("nan")
    expected = torch.tensor([[nothing, 9.9, 9.8], [0.2, 9.9, nothing]], dtype=torch.float64)
    assert torch.equal(found.target.nan_to_num(-1), expected.nan_to_num(-1))
    assert found.biomarker.present.tolist() == [[True, True], [True, False]]
    assert found.biomarker.times.tolist() == [[1, 2], [1, 0]]
    assert found.covariates.tolist() == [[70], [70]]
    assert found.dose_times.dtype == torch.float64
