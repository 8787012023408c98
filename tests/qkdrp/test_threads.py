from collections.abc import Iterator

import joblib
import pytest
import torch

from qkdrp.threads import set_threads


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_number_is_taken() -> None:
    set_threads(1)
    assert torch.get_num_threads() == 1


def test_zero_takes_all_cores_of_the_process() -> None:
    set_threads(0)
    assert torch.get_num_threads() == joblib.cpu_count()
