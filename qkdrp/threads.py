"""One thread setting for everything that computes."""

import joblib
import torch


def set_threads(threads: int) -> None:
    """Set the number of threads of torch, which backends follow.

    Args:
        threads: Wanted number; 0 for all cores that this process may use.
    """
    torch.set_num_threads(threads or joblib.cpu_count())
