"""Choosing the loader by what a source is."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qkdrp.common.errors import DataError
from qkdrp.common.names import closest, listed
from qkdrp.systems.pkpd.data.simulate import simulated_trial
from qkdrp.systems.pkpd.data.sources import EMBEDDED, simulated
from qkdrp.systems.pkpd.data.table import load_table
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.data.units import Units
from qkdrp.tables.frames import SUFFIXES

EMBEDDED_FILE = Path(__file__).with_name("estdata.csv")
"""Its table, unchanged: see ``estdata.md`` beside it for origin and licence."""

EMBEDDED_ORIGIN = (
    "EstData of the Quantum Innovation Challenge 2025 (CC0-1.0), a trial that its authors simulated"
)


def load_trial(
    source: str | None = None,
    measured: bool = True,
    said: Mapping[str, Any] = MappingProxyType({}),
) -> Trial:
    """Load the trial that a source names.

    Args:
        source: ``estdata`` (the default), ``truth-a`` or ``truth-b`` for a simulated trial
            (``truth-a:7`` for that of seed 7), a table, or a folder with one.
        measured: Whether observations have to hold values; False for times to predict at.
        said: What holds of a table that has no ``trial.json``, see :func:`load_table`.

    Raises:
        DataError: If it cannot be read.
    """
    if source in (None, EMBEDDED):
        read = load_table(EMBEDDED_FILE)
        return Trial(
            read.subjects, read.covariates, Units("ng/mL"), EMBEDDED_ORIGIN, synthetic=True
        )
    if (found := simulated(str(source))) is not None:
        return simulated_trial(*found)
    return load_table(table_path(str(source)), measured, said)


def table_path(source: str) -> Path:
    """Return the table that a source names.

    Raises:
        DataError: If there is none, or a folder holds several.
    """
    path = Path(source)
    if path.is_file():
        return path
    if not path.is_dir():
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        like = closest(path.name, beside)
        raise DataError(
            f"{path}: no such file; give a table in EstData form, or {EMBEDDED!r}"
            + (f"; did you mean {str(path.parent / like)!r}?" if like else ".")
        )
    tables = sorted(each for each in path.iterdir() if each.name.endswith(SUFFIXES))
    if len(tables) != 1:
        raise DataError(
            f"{path}: found {listed(each.name for each in tables) or 'no table'}, expected one "
            f"table ({', '.join(SUFFIXES)}); name the file."
        )
    return tables[0]
