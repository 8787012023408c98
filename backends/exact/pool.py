"""Threads for kernels that hold no Python lock: as many as torch has."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

import torch

T = TypeVar("T")


def share_out(run: Callable[[int, int], T], length: int, least: int) -> list[T]:
    """Call ``run(start, stop)`` on ranges that cover ``length``; return what the calls return.

    The calling thread takes the first range.

    Args:
        run: Works on one range.
        length: What is shared out.
        least: The smallest length that is worth a second thread.
    """
    workers = min(torch.get_num_threads(), length) if length >= least else 1
    if workers <= 1:
        return [run(0, length)]
    cuts = [length * worker // workers for worker in range(workers + 1)]
    others = [_pool(workers - 1).submit(run, *cut) for cut in pairwise(cuts[1:])]
    return [run(*cuts[:2]), *(other.result() for other in others)]


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="qkdrp-engine")


if hasattr(os, "register_at_fork"):  # a forked child has the pool, but none of its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
