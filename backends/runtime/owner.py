"""The process that holds a row of the ledger, and whether it still lives."""

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Where Linux names the present run of its kernel."""

PID_NAMESPACE = Path("/proc/self/ns/pid")
"""Names the set of processes that can be seen from here: containers have their own."""

GONE = frozenset("ZXx")
"""States of a process that has ended, as Linux writes them."""


@dataclass(frozen=True)
class Owner:
    """A process on some host.

    Args:
        pid: Its number there.
        born: When it began, on a clock of its host.
        host: Name of the host; None where an earlier version did not note it.
        boot: Names the run of the host's system, within which ``pid`` and ``born`` are valid.
    """

    pid: int | None
    born: float | None
    host: str | None
    boot: str | None

    @property
    def here(self) -> bool:
        """Whether it is this process."""
        return self == this_process()

    @property
    def alive(self) -> bool | None:
        """Whether it lives; None for a process of another host, which cannot be seen."""
        if self.pid is None or self.born is None:
            return False
        if self.host is None:  # of the first version: living processes of this host are known
            return True if _created(self.pid) == self.born else None
        ours = this_process()
        if (self.host, self.boot) != (ours.host, ours.boot):
            return None
        return _born(self.pid) == self.born

    def __str__(self) -> str:
        """Return it in words."""
        return f"process {self.pid}" + (f" on {self.host}" if self.host else "")


def this_process() -> Owner:
    """Return the process that asks."""
    return _owner(os.getpid())


@cache
def _owner(pid: int) -> Owner:
    return Owner(pid, _born(pid), platform.node(), _boot())


def _boot() -> str:
    try:
        return f"{BOOT_ID.read_text().strip()} {PID_NAMESPACE.readlink()}"
    except OSError:
        return f"{psutil.boot_time():.0f}"


def _born(pid: int) -> float | None:
    """Return when a living process began, on a clock that nobody sets where there is one."""
    if not BOOT_ID.exists():
        return _created(pid)
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in GONE else float(after_name[19])


def _created(pid: int) -> float | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None
