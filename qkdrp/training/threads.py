"""One thread setting for everything that computes."""

from collections.abc import Iterator
from contextlib import contextmanager

import joblib
import torch
from threadpoolctl import threadpool_limits


@contextmanager
def limit_threads(threads: int) -> Iterator[None]:
    """Set the threads of torch, which backends follow, and of BLAS, while the block runs.

    Args:
        threads: Wanted number; 0 for all cores that this process may use.
    """
    before = torch.get_num_threads()
    wanted = threads or joblib.cpu_count()
    with threadpool_limits(wanted):
        torch.set_num_threads(wanted)
        try:
            yield
        finally:
            torch.set_num_threads(before)
