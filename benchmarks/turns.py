"""Steps that take turns, each in a process of its own, so that none meets another's threads."""

import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

import numpy as np
from report import limit_pools

Step = Callable[[], tuple[Any, ...]]
"""Does what is timed, and returns arrays, tensors or numbers."""


@dataclass(frozen=True)
class Task:
    """What a process is to do.

    Args:
        make: Makes the step; found by its name in the process, where it imports what it needs.
        arguments: For ``make``.
        threads: That libraries may use.
        python: Interpreter of the process: one with another version of what is timed, perhaps.
        clock: Name of the function of :mod:`time` that tells seconds: of the wall, or of the CPU
            where other programs run.
    """

    make: Callable[..., Step]
    arguments: tuple[Any, ...]
    threads: int
    python: str = sys.executable
    clock: str = "perf_counter"


class Unavailable(Exception):  # noqa: N818  # what a peer is, not what went wrong here
    """A package that a step needs is not installed."""


class Worker:
    """A process that has made a step and taken it once.

    Args:
        task: What it does.

    Attributes:
        first: Seconds of the first step: what is compiled on demand, and the step.
        results: What the step returned, as arrays.

    Raises:
        Unavailable: If a package is not installed.
        RuntimeError: If the step failed.
    """

    first: float
    results: list[np.ndarray]

    def __init__(self, task: Task) -> None:
        limit_pools(task.threads)
        context = multiprocessing.get_context("spawn")
        context.set_executable(task.python)
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, task), daemon=True)
        self._process.start()
        there.close()
        try:
            self.first, self.results = self._receive()
        except BaseException:
            self.close()
            raise

    def turn(self, seconds: float) -> float:
        """Return the median seconds of the steps that fit into some time, of one at least.

        A step before them warms up; it counts if it took as long as that.
        """
        self._pipe.send(seconds)
        median: float = self._receive()
        return median

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()

    def _receive(self) -> Any:  # noqa: ANN401  # whatever _serve sends
        try:
            answer = self._pipe.recv()
        except EOFError:
            raise RuntimeError("the process has ended without a word") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def __enter__(self) -> Self:
        """Return the worker itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()


def _serve(pipe: Connection, task: Task) -> None:
    """Take the first step, then one turn after the other, until the process is ended."""
    try:
        step, clock = task.make(*task.arguments), getattr(time, task.clock)
        start = clock()
        found = step()
        seconds = clock() - start
        pipe.send((seconds, [_array(part) for part in found]))
        while True:
            pipe.send(_turn(step, pipe.recv(), clock))
    except ImportError as error:
        pipe.send(Unavailable(str(error)))
    except (EOFError, KeyboardInterrupt):  # nobody asks any more
        return
    except Exception as error:  # noqa: BLE001  # the asking process raises it
        pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))


def _turn(step: Step, seconds: float, clock: Callable[[], float]) -> float:
    start = clock()
    step()  # the caches are another's
    first = clock() - start
    if first >= seconds:
        return first
    times: list[float] = []
    end = clock() + seconds
    while not times or clock() < end:
        start = clock()
        step()
        times.append(clock() - start)
    return statistics.median(times)


def _array(part: Any) -> np.ndarray:  # noqa: ANN401  # a tensor, an array of any kind or a number
    return np.asarray(part.detach() if hasattr(part, "detach") else part, dtype=float)
