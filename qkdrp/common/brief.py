"""One-line representations of objects that hold arrays, tables or many parts."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import PurePath
from typing import Any

LONGEST = 120
"""Characters of a part that is shown as it is."""


class Brief:
    """A data class that shows shapes and counts in place of arrays and long lists.

    Decorate with ``@dataclass(repr=False)``.
    """

    def __repr__(self) -> str:
        """Return the name of the class and a few words for each field."""
        shown = (f"{each.name}={_brief(getattr(self, each.name))}" for each in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(shown)})"


def _brief(value: Any) -> str:  # noqa: ANN401  # whatever a field holds
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"<shape {tuple(shape)}>"
    if isinstance(value, PurePath):
        return repr(str(value))
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST else f"{value[:LONGEST]}...")
    if isinstance(value, Sequence) and not all(map(_is_plain, value)):
        return f"<{len(value)} {type(value[0]).__name__}>"
    text = repr(value)
    return text if len(text) <= LONGEST and " object at " not in text else f"<{_kind(value)}>"


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | None)


def _kind(value: object) -> str:
    return type(value).__name__
