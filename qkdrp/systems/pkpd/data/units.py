"""Units of a trial: what its numbers mean, and by what a table's numbers are multiplied."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from qkdrp.common.errors import DataError
from qkdrp.common.names import listed
from qkdrp.common.shown import shown

Known = TypeVar("Known")

HOURS: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys(("h", "hr", "hour", "hours"), 1.0),
        **dict.fromkeys(("min", "minutes"), 1 / 60),
        **dict.fromkeys(("s", "seconds"), 1 / 3600),
        **dict.fromkeys(("d", "day", "days"), 24.0),
        **dict.fromkeys(("week", "weeks"), 168.0),
    }
)
"""Hours of a unit of time."""

_PREFIXES = {"k": 1e6, "": 1e3, "m": 1.0, "u": 1e-3, "n": 1e-6, "p": 1e-9}
_INTERNAL = {"g": "mg", "mol": "mmol"}

AMOUNTS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        **{f"{prefix}{base}": (unit, size) for base, unit in _INTERNAL.items()
           for prefix, size in _PREFIXES.items()},
        "mcg": ("mg", 1e-3),
        "IU": ("IU", 1.0),
        "mIU": ("IU", 1e-3),
        "kIU": ("IU", 1e3),
        "U": ("U", 1.0),
    }
)  # fmt: skip
"""What a unit of amounts is converted to, and how many of these it is."""

LITRES: Mapping[str, float] = MappingProxyType({"L": 1.0, "dL": 0.1, "mL": 1e-3, "uL": 1e-6})
"""Litres of a unit of volume."""

KILOGRAMS: Mapping[str, float] = MappingProxyType({"kg": 1.0, "g": 1e-3, "lb": 0.45359237})
"""Kilograms of a unit of body weight."""


@dataclass(frozen=True)
class Units:
    """Units of the numbers of a trial; the volume is always litres, the weight kilograms.

    Args:
        biomarker: Of the biomarker, as the user calls it.
        amount: Of doses: ``mg``, ``mmol`` or one of activity such as ``IU``.
        time: Hours, always.
    """

    biomarker: str = "ng/mL"
    amount: str = "mg"
    time: str = "h"

    @property
    def concentration(self) -> str:
        """Of concentrations: the amount in a litre."""
        return f"{self.amount}/L"

    def of(self, endpoint: str) -> str:
        """Return the unit of an endpoint, ``concentration`` or ``biomarker``."""
        found: str = getattr(self, endpoint)
        return found


@dataclass(frozen=True)
class Conversion:
    """By what the numbers of a table are multiplied, and the units that they have then.

    Args:
        units: After the conversion.
        hours: Of a table's unit of time.
        amount: Of a table's unit of amounts.
        concentration: Of a table's unit of concentrations.
        weight: Kilograms of a table's unit of weight.
    """

    units: Units = Units()
    hours: float = 1.0
    amount: float = 1.0
    concentration: float = 1.0
    weight: float = 1.0

    @property
    def changes(self) -> bool:
        """Whether any number becomes another one."""
        return (self.hours, self.amount, self.concentration, self.weight) != (1, 1, 1, 1)


def conversion_of(given: Mapping[str, str], where: str) -> Conversion:
    """Return what converts a table of the given units.

    Args:
        given: Units by what has them: ``time``, ``amount``, ``concentration``, ``biomarker``,
            ``weight``; those of the challenge's table where left out.
        where: The file that names them, for messages.

    Raises:
        DataError: If a unit is not known, or those of dose and concentration do not belong
            together.
    """
    hours = _known(HOURS, given.get("time", "h"), "time", where)
    amount_name = given.get("amount", "mg")
    unit, amount = _known(AMOUNTS, amount_name, "amount", where)
    concentration_name = given.get("concentration", f"{unit}/L")
    mass_name, _, volume_name = concentration_name.partition("/")
    mass_unit, mass = _known(AMOUNTS, mass_name.strip(), "concentration", where)
    volume = _known(LITRES, volume_name.strip() or "nothing", "the volume of concentration", where)
    if mass_unit != unit:
        raise DataError(
            f"{where}: found the amount in {amount_name} and the concentration in "
            f"{concentration_name}, expected both in masses, both in moles or both in the same "
            "units of activity: convert one of them."
        )
    weight = _known(KILOGRAMS, given.get("weight", "kg"), "weight", where)
    units = Units(given.get("biomarker", "ng/mL"), unit)
    return Conversion(units, hours, amount, mass / volume, weight)


def _known(table: Mapping[str, Known], name: str, what: str, where: str) -> Known:
    plain = name.strip().replace("µ", "u").replace("μ", "u")
    by_case = {each.casefold(): value for each, value in table.items()}
    found = table.get(plain, by_case.get(plain.casefold()))
    if found is None:
        raise DataError(
            f"{where}: found {shown(name)} as unit of {what}, expected one of {listed(table)}."
        )
    return found
