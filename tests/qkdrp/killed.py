"""``qkdrp evaluate`` in a process that kills itself at a given point.

python -m tests.qkdrp.killed POINT RUN [OPTION ...]
"""

import os
import signal
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from qkdrp.backends.runtime import client_adapters as estimators
from qkdrp.backends.runtime import job_collection
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.cli import main
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


def killed_in_a_fork(point: str, folder: Path, *command: str) -> int:
    """Run a command of ``qkdrp`` in a process that kills itself; return its exit code.

    Args:
        point: Where it does, of :data:`POINTS`.
        folder: For what it prints, ``client.log``.
        *command: The words of the command.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads of the server are not the child's concern
        child = os.fork()
    if child == 0:
        with suppress(BaseException), (folder / "client.log").open("w") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            POINTS[point]()
            main(list(command))
        os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
