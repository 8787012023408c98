import multiprocessing

import joblib
import pytest
import torch

from qkdrp.backends.pool import share_out
from qkdrp.threads import limit_threads


def shares(length: int, least: int = 1) -> list[tuple[int, int]]:
    return share_out(lambda start, stop: (start, stop), length, least)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_work_is_shared_out_among_the_threads_of_torch(threads: int) -> None:
    with limit_threads(threads):
        found = shares(10)
    assert len(found) == threads
    assert [n for start, stop in found for n in range(start, stop)] == list(range(10))


def test_little_work_stays_on_one_thread() -> None:
    with limit_threads(2):
        assert shares(10, least=11) == [(0, 10)]
        assert shares(0) == [(0, 0)]


def _in_child(queue: "multiprocessing.Queue[int]") -> None:
    queue.put(len(shares(10)))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_makes_its_own_threads() -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this platform cannot fork")
    context = multiprocessing.get_context("fork")
    with limit_threads(2):
        shares(10)
        queue = context.Queue()
        child = context.Process(target=_in_child, args=(queue,))
        child.start()
        assert queue.get(timeout=20) == 2
        child.join()


def _threads_of_worker() -> int:
    return torch.get_num_threads()


def test_parallel_workers_do_not_oversubscribe() -> None:
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(_threads_of_worker)() for _ in range(2))
    assert sum(found) <= max(2, joblib.cpu_count())
