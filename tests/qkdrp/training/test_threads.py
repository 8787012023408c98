import joblib
import pytest
import torch
from threadpoolctl import threadpool_info

from qkdrp.training.threads import limit_threads


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (0, joblib.cpu_count())])
def test_everything_gets_the_same_number_of_threads(asked: int, given: int) -> None:
    with limit_threads(asked):
        assert torch.get_num_threads() == given
        assert max(pool["num_threads"] for pool in threadpool_info()) <= given


def test_the_number_is_put_back_after_an_error() -> None:
    before = torch.get_num_threads()
    with pytest.raises(KeyboardInterrupt), limit_threads(before + 1):
        raise KeyboardInterrupt
    assert torch.get_num_threads() == before
