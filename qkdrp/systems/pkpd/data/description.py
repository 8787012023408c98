"""``trial.json``: what a table's columns and numbers mean, where names alone do not tell."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import Field, field_validator

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.common.names import choose_one_of
from qkdrp.common.settings import Settings
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, ENDPOINTS

FILE_NAME = "trial.json"
"""Stands beside the table."""

UNITS_OF = ("time", "amount", "concentration", "biomarker", "weight")
"""What may be given a unit."""


class TrialDescription(Settings):
    """What is said of a table; everything may be left out.

    Args:
        name: What the trial is called.
        units: By what has them, a name of :data:`UNITS_OF`.
        columns: The table's name of a column, by the name that this package expects.
        endpoints: What DVID (or CMT) holds for an endpoint: a number or a word.
        covariates: Columns to take; None for all that belong to no event.
        ignore: Columns to leave out.
        synthetic: Whether the numbers are made up.
    """

    name: str = ""
    units: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict)
    endpoints: dict[str, int | str] = Field(default_factory=dict)
    covariates: list[str] | None = None
    ignore: list[str] = Field(default_factory=list)
    synthetic: bool = False

    @field_validator("units")
    @classmethod
    def _known_units(cls, given: dict[str, str]) -> dict[str, str]:
        return _known(given, UNITS_OF)

    @field_validator("endpoints")
    @classmethod
    def _known_endpoints(cls, given: dict[str, int | str]) -> dict[str, int | str]:
        if len({str(number) for number in given.values()}) < len(given):
            raise ValueError("expected another number for each endpoint")
        return _known(given, ENDPOINTS)

    def for_others(self) -> dict[str, Any]:
        """Return what holds for tables of other subjects, too, as plain values."""
        names = {"units", "columns", "endpoints", "ignore"}
        return self.model_dump(include=names, exclude_defaults=True)

    def endpoint_of(self, by_cmt: bool) -> dict[str, str]:
        """Return the endpoint of each value of DVID, or of CMT where there is no DVID."""
        first = 2 if by_cmt else 1  # compartment 1 is where doses go
        default = {CONCENTRATION: first, BIOMARKER: first + 1}
        return {str(value): name for name, value in (self.endpoints or default).items()}


def read_description(
    folder: Path, otherwise: Mapping[str, Any] = MappingProxyType({})
) -> TrialDescription:
    """Return what the file in a folder says.

    Args:
        folder: Of the table.
        otherwise: What holds where there is no file, see :meth:`TrialDescription.for_others`.

    Raises:
        DataError: If it is no JSON, or says something else than expected.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return TrialDescription.make(**otherwise)
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: cannot be read as JSON ({reason}).") from error
    if not isinstance(given, dict):
        raise DataError(f"{path}: found {type(given).__name__}, expected an object in braces.")
    try:
        return TrialDescription.make(**given)
    except ConfigError as error:
        known = ", ".join(TrialDescription.model_fields)
        raise DataError(f"{path}: {str(error).rstrip('.')}; it may hold {known}.") from error


def _known(given: dict, names: tuple[str, ...]) -> dict:  # type: ignore[type-arg]  # as given
    for name in given:
        if name not in names:
            raise ValueError(f"{name!r}: {choose_one_of(name, names)}")
    return given
