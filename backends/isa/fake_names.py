"""Names of the fake devices, read without importing the runtime package, which takes seconds."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from qkdrp.common.errors import BackendError
from qkdrp.common.names import closest, listed

FAKE = "fake_"
"""How names of devices begin that are simulated here."""

REAL = "ibm_"
"""How names of IBM's devices begin."""


@cache
def fake_names() -> tuple[str, ...]:
    """Return the names of all fake devices, sorted; none where the package has another layout.

    The runtime package holds a folder for each fake device.
    """
    package = find_spec("qiskit_ibm_runtime")
    places = package.submodule_search_locations if package else None
    folders = [Path(place) / "fake_provider" / "backends" for place in places or ()]
    return tuple(
        sorted(
            FAKE + each.name
            for folder in folders
            if folder.is_dir()
            for each in folder.iterdir()
            if each.is_dir() and not each.name.startswith("_")
        )
    )


def check_device_name(name: str) -> None:
    """Refuse a name that no device can have; whether an account has a device is not asked.

    Raises:
        BackendError: If there is no fake device of that name, or a fake device is meant whose name
            begins with ``fake_``.
    """
    known = fake_names()
    if not known or name in known or name.startswith(REAL):
        return
    like = closest_fake(name)
    if name.startswith(FAKE):
        meant = f"; did you mean {like}?" if like else "."
        raise BackendError(f"Unknown device {name!r}: choose one of {listed(known)}{meant}")
    if like is not None:
        real = like.replace(FAKE, REAL, 1)
        raise BackendError(
            f"Unknown device {name!r}: did you mean {like}, which is simulated here, or {real} of "
            "your account?"
        )


def closest_fake(name: str) -> str | None:
    """Return the fake device that may be meant by a name, with or without ``fake_``."""
    found = closest(name.removeprefix(FAKE), [each.removeprefix(FAKE) for each in fake_names()])
    return None if found is None else FAKE + found
