import subprocess
import sys
import time

import psutil
import pytest

DRIVER = """
import os, time
from qkdrp.backends.workers import start_workers

def pid(_):
    time.sleep(0.2)
    return os.getpid()

executor = start_workers(2)
print(*set(executor.map(pid, range(4))), flush=True)
busy = [executor.submit(time.sleep, 600) for _ in range(2)]
time.sleep(600)
"""


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_workers_end_with_their_driver(end: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as driver:
        assert driver.stdout is not None
        workers = [int(pid) for pid in driver.stdout.readline().split()]
        try:
            assert workers
            assert all(map(runs, workers))
            getattr(driver, end)()
            deadline = time.monotonic() + 20
            while any(map(runs, workers)):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            for pid in filter(runs, [driver.pid, *workers]):
                psutil.Process(pid).kill()
