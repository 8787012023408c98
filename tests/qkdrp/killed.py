"""``qkdrp evaluate`` in a process that kills itself at a given point.

python -m tests.qkdrp.killed POINT RUN [OPTION ...]
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from qkdrp.backends.runtime import client_adapters as estimators
from qkdrp.backends.runtime import job_collection
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.runs import evaluate as evaluation


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_before_the_request() -> None:
    estimators.ExecutorAdapter.submit = die  # type: ignore[method-assign]  # to die there


def die_at_the_answer() -> None:
    """The server has the job; the client dies while it reads the answer."""
    from qiskit_ibm_runtime.api.rest.runtime import Runtime

    original = Runtime.program_run

    def program_run(*arguments: Any, **options: Any) -> dict[str, Any]:
        original(*arguments, **options)
        die()
        raise AssertionError

    Runtime.program_run = program_run


def die_before_noting_the_id() -> None:
    Ledger.arrived = die  # type: ignore[assignment]  # to die there


def die_waiting() -> None:
    job_collection.JobCollection._await = die  # type: ignore[method-assign]  # to die there


def die_with_the_result() -> None:
    job_collection.JobCollection._keep = die  # type: ignore[method-assign]  # to die there


def die_half_written() -> None:
    evaluation.write_json = die


POINTS: dict[str, Callable[[], None]] = {
    "before submission": die_before_the_request,
    "server has it": die_at_the_answer,
    "before the id is noted": die_before_noting_the_id,
    "waiting": die_waiting,
    "result is read": die_with_the_result,
    "half written": die_half_written,
}
