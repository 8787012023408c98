"""Worker processes of one thread each."""

import os
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from importlib import import_module

import psutil

# A second copy of loky beside the one that comes with scikit-learn would mix with it.
from joblib.externals.loky import ProcessPoolExecutor

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
"""What libraries read the size of their thread pools from when a worker starts."""


WATCH_SECONDS = 0.5
"""Time between two looks of a worker at its driver."""


def start_workers(count: int, modules: Sequence[str] = ()) -> Executor:
    """Return an executor whose workers are processes; they stay until it is shut down.

    They end with this process, even if it is killed.

    Should one die, what is waited for raises ``concurrent.futures.process.BrokenProcessPool``.

    Args:
        count: Number of processes.
        modules: Imported by each when it starts: loky takes a worker that grows much after its
            first task for one that leaks, and starts another.
    """
    executor: Executor = ProcessPoolExecutor(
        count,
        initializer=_begin,
        initargs=(os.getpid(), tuple(modules)),
        env=dict.fromkeys(THREAD_VARIABLES, "1"),
    )
    return executor


def end_workers(executor: Executor, *, at_once: bool) -> None:
    """End the workers: when they are done, or at once."""
    executor.shutdown(kill_workers=at_once)  # type: ignore[call-arg]  # loky's own


def _begin(driver: int, modules: Sequence[str]) -> None:
    # Ctrl-C goes to every process of a terminal; the driver alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(driver,), name="qkdrp-watch", daemon=True).start()
    for module in modules:
        import_module(module)


def _end_with(driver: int) -> None:
    """End this process, whatever it is doing, soon after its driver.

    Linux's signal at a parent's death would come when the thread that started the worker ends.
    """
    with suppress(psutil.Error):
        process = psutil.Process(driver)
        # An orphan gets another parent, except on Windows; a dead process may stay as a zombie.
        while os.getppid() == driver and process.is_running():
            time.sleep(WATCH_SECONDS)
    os._exit(1)
