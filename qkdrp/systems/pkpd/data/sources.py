"""Sources of trials that need no files; imports nothing that takes time."""

import re

EMBEDDED = "estdata"
"""The trial that comes with the package."""

SIMULATED = ("truth-a", "truth-b")
"""Trials that are simulated from a known model."""

_SIMULATED = re.compile(rf"({'|'.join(SIMULATED)})(?::(\d+))?")


def simulated(source: str) -> tuple[str, int] | None:
    """Return the truth and the seed of a simulated trial; None for other sources.

    Example:
        >>> simulated("truth-a:7"), simulated("truth-b"), simulated("trial.csv")
        (('truth-a', 7), ('truth-b', 0), None)
    """
    found = _SIMULATED.fullmatch(source)
    return None if found is None else (found[1], int(found[2] or 0))


def is_named(source: str) -> bool:
    """Tell whether a source is a name rather than a path."""
    return source == EMBEDDED or simulated(source) is not None
