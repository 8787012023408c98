"""Columns of tables in EstData (NONMEM) form: names, other names, and those that are refused."""

from collections.abc import Mapping
from types import MappingProxyType

ID, TIME, DV, EVID, MDV, AMT, CMT, DVID, DOSE = (
    "ID", "TIME", "DV", "EVID", "MDV", "AMT", "CMT", "DVID", "DOSE",
)  # fmt: skip
BLQ, CENS, LLOQ, UNIT = "BLQ", "CENS", "LLOQ", "UNIT"
BW, COMED = "BW", "COMED"
"""Columns as this package calls them; all but the last two belong to events."""

ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        ID: ("SUBJ", "SUBJECT", "USUBJID"),
        TIME: (),
        DV: (),
        EVID: (),
        MDV: (),
        AMT: (),
        CMT: (),
        DVID: ("YTYPE", "OBSID"),
        DOSE: (),
        BLQ: (),
        CENS: (),
        LLOQ: ("LOQ",),
        UNIT: ("UNITS", "DVUNIT", "DVU"),
        BW: ("WT", "WEIGHT"),
        COMED: (),
    }
)
"""Other names of each column; upper and lower case are the same."""

TEXTS = (ID, DVID, CMT, UNIT)
"""Columns that may hold words."""

NOT_REPRESENTED: Mapping[str, str] = MappingProxyType(
    {
        "RATE": "infusions",
        "DUR": "infusions",
        "TINF": "infusions",
        "ADDL": "repeated doses in one row",
        "SS": "doses at steady state",
        "II": "repeated doses in one row",
    }
)
"""Columns of doses that a trial cannot hold yet, with what they mean."""

EVENTS = frozenset({*ALIASES, *NOT_REPRESENTED} - {BW, COMED})
"""Columns that are no covariates."""

BLANKS = ("", ".", "NA", "NaN", "nan")
"""Cells that hold nothing."""
