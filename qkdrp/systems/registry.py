"""Systems by name, found through entry points.

A package that brings a system declares it in the group :data:`GROUP`, as this one does for its own
in ``pyproject.toml``. Worker processes of studies and plugins find systems the same way. A system
is imported when it is first asked for.
"""

from functools import cache
from importlib.metadata import entry_points

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.common.names import choose_one_of
from qkdrp.training.description import Download
from qkdrp.training.system import AnySystem

GROUP = "qkdrp.systems"
"""Group of entry points; each names a subclass of :class:`~qkdrp.training.system.System`."""


def system_names() -> list[str]:
    """Return the names of all systems that are installed, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


@cache
def find_system(name: str) -> AnySystem:
    """Return the system of a name.

    Raises:
        ConfigError: If there is none; lists those that there are.
    """
    for entry in entry_points(group=GROUP, name=name):
        system: AnySystem = entry.load()()
        return system
    raise ConfigError(f"system = {name!r}: {choose_one_of(name, system_names())}")


def find_download(name: str) -> Download:
    """Return what downloads published data of a name, of whichever system.

    Raises:
        DataError: If there are none of that name; lists those that there are.
    """
    known: dict[str, Download] = {}
    for system in system_names():
        known |= find_system(system).downloads()
    if name not in known:
        raise DataError(f"Unknown data {name!r}: {choose_one_of(name, sorted(known))}")
    return known[name]
