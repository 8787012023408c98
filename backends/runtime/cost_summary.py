"""What an evaluation of the ledger costs: estimated, charged, and in money."""

from collections.abc import Mapping
from typing import Any


def estimated(shown: Mapping[str, Any]) -> float:
    """Return the seconds that an evaluation was estimated to take.

    Args:
        shown: As :func:`~qkdrp.backends.runtime.ledger_rows.summary` gives it.
    """
    return float(shown["cost"].get("seconds") or 0.0)


def charged(shown: Mapping[str, Any]) -> float | None:
    """Return the seconds that were charged; None until the service told them for every job."""
    told = [job["charged_seconds"] for job in shown["jobs"]]
    return None if None in told else float(sum(told))


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
