"""Registry of sources of noise, by the text that names them on the command line."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from qkdrp.backends.choices import PARTS
from qkdrp.backends.noise.base import NoiseSource
from qkdrp.common.errors import BackendError


def _device(text: str) -> NoiseSource | None:
    if not text.startswith("fake_"):
        return None
    from qkdrp.backends.noise.device import FakeDevice  # the runtime package takes seconds

    return FakeDevice(text)


def _depolarizing(text: str) -> NoiseSource | None:
    kind, _, arguments = text.partition(":")
    if kind != "depolarizing":
        return None
    from qkdrp.backends.noise.depolarizing import Depolarizing

    return Depolarizing.parse(arguments)


def _saved(text: str) -> NoiseSource | None:
    if not Path(text).is_file():
        return None
    from qkdrp.backends.noise.saved import SavedModel

    return SavedModel(Path(text))


SOURCES: Mapping[str, Callable[[str], NoiseSource | None]] = MappingProxyType(
    {
        "fake_NAME": _device,
        "depolarizing:p1=P,p2=P,readout=P": _depolarizing,
        "FILE": _saved,
    }
)
"""Readers of noise by what they read; None says that the text is not for them."""


def find_source(text: str) -> NoiseSource:
    """Return the source that a text names.

    Raises:
        BackendError: If it names none, or an unknown device (lists them), or a setting is wrong.
    """
    for read in SOURCES.values():
        source = read(text)
        if source is not None:
            return source
    raise BackendError(
        f"noise = {text!r}: is no file and none of {', '.join(SOURCES)}; "
        "devices are called fake_torino and the like."
    )


def choose_parts(source: NoiseSource, wanted: str) -> tuple[str, ...]:
    """Return the parts that are on, in the order in which the source has them.

    Args:
        source: Where noise comes from.
        wanted: Names with commas between; empty for those that are on by default.

    Raises:
        BackendError: If a part is unknown, or the source lacks it.
    """
    if not wanted:
        return source.default_parts
    names = [name.strip() for name in wanted.split(",")]
    for name in names:
        if name in source.parts:
            continue
        if name in PARTS:
            raise BackendError(
                f"{source.name} has no part {name!r}: its parts are {', '.join(source.parts)}."
            )
        known = dict.fromkeys((*PARTS, *source.parts))
        raise BackendError(f"noise part {name!r}: choose among {', '.join(known)}.")
    return tuple(part for part in source.parts if part in names)
