"""Forward differentiation of torch, loaded without its warning."""

import warnings
from functools import cache

import torch


@cache
def load_forward_mode() -> None:
    """Use forward differentiation once: torch then compiles rules with its deprecated ``jit``.

    That warns users of what they cannot change, once in each process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        one = torch.ones(1)
        torch.func.jvp(torch.exp, (one,), (one,))
