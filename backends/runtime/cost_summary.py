"""What an evaluation of the ledger costs: estimated, charged, and in money."""

from collections.abc import Mapping
from typing import Any


def estimated(shown: Mapping[str, Any]) -> float:
    """Return the seconds that an evaluation was estimated to take.

    Args:
        shown: As :meth:`~qkdrp.backends.runtime.stages.Stages.to_json` gives it.
    """
    planned = shown.get("plan") or [shown["cost"]]
    return sum(float(each.get("seconds") or 0.0) for each in planned)


def charged(shown: Mapping[str, Any]) -> float | None:
    """Return the seconds that were charged; None until the service told them for every job."""
    told = [job["charged_seconds"] for job in jobs_of(shown)]
    whole = len(shown.get("stages", ())) == len(shown.get("plan", ()))
    return float(sum(told)) if whole and None not in told else None


def jobs_of(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the jobs of an evaluation, of all its layers."""
    return [job for each in shown.get("stages", [shown]) for job in each["jobs"]]


def money(shown: Mapping[str, Any]) -> tuple[float, str] | None:
    """Return amount and currency of what was charged, or is estimated; None without a price."""
    price = shown["cost"].get("price")
    if not price:
        return None
    seconds = charged(shown)
    return (estimated(shown) if seconds is None else seconds) * price["amount"], price["currency"]


def seconds_text(shown: Mapping[str, Any]) -> str:
    """Return the seconds in words: charged ones as they are, estimated ones with a tilde."""
    told = charged(shown)
    return f"~{estimated(shown):.1f}" if told is None else f"{told:.1f}"
