"""A page of all that was submitted to hardware: states, times, costs, and where results are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from qkdrp.backends.runtime.cost_summary import charged, estimated, jobs_of, money
from qkdrp.common.provenance import versions
from qkdrp.reports.page import Page, Section, Table

Shown = Mapping[str, Any]
"""An evaluation, as :func:`~qkdrp.backends.runtime.ledger_destinations.full_summary` gives it."""


def jobs_page(ledger: str, evaluations: Sequence[Shown]) -> Page:
    """Return the page of a ledger.

    Args:
        ledger: Its path.
        evaluations: Of the ledger, the oldest first; the page begins with the newest.
    """
    newest = list(evaluations)[::-1]
    return Page(
        title="Jobs on hardware",
        lead=_lead(evaluations),
        sections=[
            Section("Evaluations", [Table("The newest first", _evaluations(newest))]),
            Section("Jobs", [Table("Seconds of the device, as charged", _jobs(newest))]),
            *_stages(newest),
            Section("Results", [Table("Where they go", _results(newest))]),
        ]
        if newest
        else [],
        provenance=[
            f"ledger {ledger}",
            f"written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            "qkdrp " + versions()["qkdrp"],
        ],
    )


def _lead(evaluations: Sequence[Shown]) -> list[str]:
    if not evaluations:
        return ["Nothing was submitted so far."]
    states = Counter(each["state"] for each in evaluations)
    n_jobs = sum(len(jobs_of(each)) for each in evaluations)
    told = [each for each in map(charged, evaluations) if each is not None]
    open_ones = [each for each in evaluations if charged(each) is None]
    lines = [
        f"{_count(len(evaluations), 'evaluation')} with {_count(n_jobs, 'job')}: "
        + ", ".join(f"{number} {state}" for state, number in states.most_common())
        + ".",
        f"The service charged {sum(told):,.1f} s of devices for {_count(len(told), 'evaluation')}.",
    ]
    if open_ones:
        expected = sum(map(estimated, open_ones))
        lines.append(
            f"{_count(len(open_ones), 'evaluation')} without a charge so far: estimated "
            f"{expected:,.1f} s."
        )
    if spent := _spent(evaluations):
        lines.append(f"At the prices given when they were submitted: {spent}.")
    return lines


def _spent(evaluations: Iterable[Shown]) -> str:
    """Return the money of all evaluations with a price, by currency."""
    by_currency: dict[str, float] = defaultdict(float)
    for each in evaluations:
        found = money(each)
        if found is not None:
            by_currency[found[1]] += found[0]
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in by_currency.items())


def _evaluations(shown: Sequence[Shown]) -> pd.DataFrame:
    rows = []
    for each in shown:
        found = money(each)
        rows.append(
            {
                "no.": each["evaluation"],
                "state": ", ".join(filter(None, (each["state"], each.get("progress")))),
                "estimated s": round(estimated(each), 1),
                "charged s": _round(charged(each)),
                "money": "" if found is None else f"{found[0]:,.2f}\u00a0{found[1]}",
                "device": each["device"],
                "submitted": _time(each["created"]),
                "last change": _time(max(job["updated"] for job in jobs_of(each))),
                "shots": f"{each['options'].get('shots', 0):,}",
                "points": sum(one.get("points") or 0 for one in each.get("plan", [each["cost"]])),
            }
        )
    return pd.DataFrame(rows).astype({"charged s": float})


def _jobs(shown: Sequence[Shown]) -> pd.DataFrame:
    rows = [
        {
            "evaluation": each["evaluation"],
            "job": job["id"] or "not sent",
            "state": job["state"],
            "points": job["points"][1] - job["points"][0],
            "last change": _time(job["updated"]),
            "charged s": _round(job["charged_seconds"]),
            "note": job["note"],
        }
        for each in shown
        for job in jobs_of(each)
    ]
    return pd.DataFrame(rows).astype({"charged s": float})


def _stages(shown: Sequence[Shown]) -> list[Section]:
    """Return a section on models with several quantum layers; nothing where there is none."""
    rows = [
        {
            "evaluation": each["evaluation"],
            "stage": planned["stage"] + 1,
            "layer": planned["layer"],
            "state": entries[planned["layer"]]["state"]
            if planned["layer"] in entries
            else "not sent",
            "points": planned["points"],
            "estimated s": round(planned["seconds"], 1),
            "charged s": _round(charged(entries[planned["layer"]]))
            if planned["layer"] in entries
            else None,
        }
        for each in shown
        for entries in ({entry["layer"]: entry for entry in each.get("stages", ())},)
        for planned in sorted(each.get("plan", ()), key=lambda one: one["stage"])
    ]
    if not rows:
        return []
    table = pd.DataFrame(rows).astype({"charged s": float})
    return [Section("Stages", [Table("Quantum layers that wait for one another", table)])]


def _results(shown: Sequence[Shown]) -> pd.DataFrame:
    rows = [
        {
            "evaluation": each["evaluation"],
            "run": place["run"],
            "folder": place["output"],
            "written": _time(place["written"]) if place["written"] else "not yet",
        }
        for each in shown
        for place in each["destinations"]
    ]
    return pd.DataFrame(rows, columns=["evaluation", "run", "folder", "written"])


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
