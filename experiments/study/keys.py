"""Keys of finished work: digests of the settings that decide its numbers.

A key leaves out every setting that has its default, so a setting that is added later changes none.
The first version took the digest of all settings; :func:`first_content` still gives that text.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeAlias

from pydantic_core import to_json

from qkdrp.common.digests import digest_of
from qkdrp.common.settings import Settings

DIGITS = 24
"""Hexadecimal digits of a key."""

Layout: TypeAlias = Mapping[str, "Layout | None"]
"""Settings of the first version in their order, each with the layout of its own settings or None.

A name with a question mark at its end was left out where it was None.
"""

Exclude: TypeAlias = Mapping[str, Any]
"""Settings that decide no number, as pydantic's ``exclude`` takes them."""


def plain(*names: str) -> Layout:
    """Return the layout of settings that have no settings of their own."""
    return dict.fromkeys(names)


def key_of(kind: str, settings: Settings, exclude: Exclude) -> str:
    """Return the key of a piece of work.

    Args:
        kind: What kind of work it is.
        settings: All that decides its numbers.
        exclude: Settings that decide no number.
    """
    content = settings.model_dump(mode="json", exclude=dict(exclude), exclude_defaults=True)
    return digest_of(content | {"stage": kind})[:DIGITS]


def first_key(settings: Settings, layout: Layout, exclude: Exclude) -> str | None:
    """Return the key that the first version gave; None for work that it could not do.

    Args:
        settings: All that decides the numbers.
        layout: The settings of the first version.
        exclude: Settings that decide no number.
    """
    content = first_content(settings, layout, exclude)
    return None if content is None else sha256(content).hexdigest()[:DIGITS]


def first_content(settings: Settings, layout: Layout, exclude: Exclude) -> bytes | None:
    """Return settings as JSON as the first version wrote them; None where others are set, too.

    Args:
        settings: The settings.
        layout: Those of the first version.
        exclude: Settings that decide no number.
    """
    changed = settings.model_dump(exclude=dict(exclude), exclude_defaults=True)
    if not _holds(layout, changed):
        return None
    return to_json(_arranged(settings.model_dump(), layout))


def _holds(layout: Layout | None, values: Any) -> bool:  # noqa: ANN401  # any setting
    """Tell whether a layout has a place for all values."""
    if layout is None or values is None:
        return True
    if not isinstance(values, Mapping):
        return all(_holds(layout, value) for value in values)
    inner = {name.removesuffix("?"): own for name, own in layout.items()}
    return all(name in inner and _holds(inner[name], value) for name, value in values.items())


def _arranged(values: Any, layout: Layout | None) -> Any:  # noqa: ANN401  # any setting
    """Return values in the order of a layout, and only those."""
    if layout is None or values is None:
        return values
    if not isinstance(values, Mapping):
        return [_arranged(value, layout) for value in values]
    found = {}
    for name, own in layout.items():
        value = values.get(name.removesuffix("?"))
        if not (name.endswith("?") and value is None):
            found[name.removesuffix("?")] = _arranged(value, own)
    return found
