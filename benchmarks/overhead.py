"""What takes time without computing anything: waking threads, and torch's way to a gradient.

Run ``python benchmarks/overhead.py``: medians over rounds, each the median of many calls.
"""

import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch
from report import cells, parser_of, save, summary, table

from qkdrp.backends.exact.pool import share_out

CALLS = 2000
"""Calls in a round."""

US = 1e-6


class _Nothing(torch.autograd.Function):
    """As many inputs and outputs as the quantum layer, and no work."""

    @staticmethod
    def forward(ctx: Any, angles: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
        ctx.found = torch.zeros_like(angles), torch.zeros_like(weights)
        return torch.zeros(len(angles), 4, dtype=angles.dtype)

    @staticmethod
    def backward(ctx: Any, *_: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: ANN401
        angles, weights = ctx.found
        return angles, weights


def wake() -> None:
    """Share out nothing among all threads, as the engine shares out samples."""
    share_out(_nothing, torch.get_num_threads(), 1)


def _nothing(start: int, stop: int) -> int:
    return stop - start


def gradient() -> Callable[[], object]:
    """Return a step of :func:`torch.autograd.grad` through nothing, batch 128 at (4,2,1)."""
    angles = torch.zeros(128, 8, dtype=torch.float64, requires_grad=True)
    weights = torch.zeros(12, dtype=torch.float64, requires_grad=True)
    ones = torch.ones(128, 4, dtype=torch.float64)
    return lambda: torch.autograd.grad(_Nothing.apply(angles, weights), (angles, weights), ones)  # type: ignore[no-untyped-call]  # torch


def median_call(step: Callable[[], object]) -> float:
    """Return the median seconds of a call."""
    times = []
    for _ in range(CALLS):
        start = perf_counter()
        step()
        times.append(perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print, and save where asked to, the table."""
    options = parser_of(__doc__).parse_args()
    results, rows = {}, []
    for threads in options.threads:
        torch.set_num_threads(threads)
        steps = {"share out nothing": wake, "a gradient of nothing": gradient()}
        rounds = [[median_call(step) for step in steps.values()] for _ in range(options.repeats)]
        for name, times in zip(steps, zip(*rounds, strict=True), strict=True):
            results[f"{name}, threads {threads}"] = found = summary(times)
            rows.append([name, str(threads), *cells(found, US)])
    print(table(["what", "threads", "us", "rounds"], rows))
    save(options, results)


if __name__ == "__main__":
    main()
