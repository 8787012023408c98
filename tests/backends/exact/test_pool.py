import multiprocessing
import threading
from typing import Any

import joblib
import numpy as np
import pytest
import torch

from qkdrp.backends.exact import narrow
from qkdrp.backends.exact.engine import ExactEngine
from qkdrp.backends.exact.pool import share_out
from qkdrp.circuits import PQCSpec, build_pqc, compile_program
from qkdrp.training.threads import limit_threads


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


def evaluate(batch: int = 16) -> None:
    """Values and gradients at a point."""
    pqc = build_pqc(PQCSpec(3, 1, 1))
    engine = ExactEngine(compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights))
    values, pull_back = engine.linearise(np.ones((batch, 3)), np.ones(6))
    pull_back(values)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_engine_has_the_threads_of_torch(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    workers: list[str] = []
    sweep = narrow.sweep

    def spy(*arguments: Any) -> None:
        workers.append(threading.current_thread().name)
        sweep(*arguments)

    monkeypatch.setattr(narrow, "sweep", spy)
    monkeypatch.setattr(narrow, "WORTH_THREADS", 0)
    with limit_threads(threads):
        evaluate()
    assert len(workers) == 2 * threads
    engine_threads = [name for name in workers if name.startswith("qkdrp-engine")]
    assert len(engine_threads) == 2 * (threads - 1)
    assert workers.count(threading.current_thread().name) == 2


def _threads_of_worker() -> tuple[int, int]:
    """Return torch's threads and those of the engine, after it has worked."""
    before, narrow.WORTH_THREADS = narrow.WORTH_THREADS, 0
    try:
        evaluate(batch=8 * 64)
    finally:
        narrow.WORTH_THREADS = before
    names = [thread.name for thread in threading.enumerate()]
    return torch.get_num_threads(), sum(name.startswith("qkdrp-engine") for name in names)


def test_parallel_workers_do_not_oversubscribe() -> None:
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(_threads_of_worker)() for _ in range(2))
    for torch_threads, engine_threads in found:
        assert 1 + engine_threads <= torch_threads
    assert sum(1 + engine_threads for _, engine_threads in found) <= max(2, joblib.cpu_count())
