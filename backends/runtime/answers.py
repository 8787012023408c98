"""Results of jobs: kept as the service sent them, then read as values."""

import json
import math
import zlib
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.runtime.clients import quiet
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.settings import EstimatorName
from qkdrp.common.errors import BackendError

PROGRAMS = {EstimatorName.EXECUTOR: "executor", EstimatorName.LEGACY: "estimator"}
"""The service's program that runs the jobs of each of our estimators."""

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Values:
    """Values of points; NaN where there is none.

    Args:
        evs: Expectation values, shape (n_points, n_observables).
        stds: Their standard errors, same shape.
    """

    evs: Reals
    stds: Reals

    @classmethod
    def of(cls, evs: Reals, stds: Reals) -> Self:
        """Return values with NaN for all that is not finite."""
        return cls(*(np.where(np.isfinite(each), each, np.nan) for each in (evs, stds)))

    @classmethod
    def none(cls, n_points: int, n_observables: int) -> Self:
        """Return values none of which is there."""
        blank = np.full((n_points, n_observables), np.nan)
        return cls(blank, blank)

    def without(self, points: NDArray[np.bool_]) -> Self:
        """Return the values with NaN at some points, given as a mask of shape (n_points,)."""
        if not points.any():
            return self
        evs, stds = (
            np.where(points[:, np.newaxis], np.nan, each) for each in (self.evs, self.stds)
        )
        return type(self)(evs, stds)

    @property
    def complete(self) -> bool:
        """Whether every point has every value; standard errors may be missing."""
        return bool(np.isfinite(self.evs).all())

    @property
    def standard_error(self) -> float | None:
        """Root mean square of the standard errors that are there; None where none is."""
        found = self.stds[np.isfinite(self.stds)]
        return float(np.sqrt(np.mean(found**2))) if found.size else None

    def notes(self) -> list[str]:
        """Return what is missing, in words."""
        counts = {
            "values": int((~np.isfinite(self.evs)).sum()),
            "standard errors": int((~np.isfinite(self.stds)).sum()),
        }
        return [
            f"{count} of {self.evs.size} {what} are not finite and left blank"
            for what, count in counts.items()
            if count
        ]


def keep_answer(ledger: Ledger, tag: str, answer: str, replace: bool) -> None:
    """Keep the result of a job as it was sent.

    Args:
        ledger: Where to.
        tag: Of the job.
        answer: The result.
        replace: Whether it takes the place of one that was kept before.
    """
    verb = "REPLACE" if replace else "IGNORE"
    with ledger.write() as database:
        database.execute(
            f"INSERT OR {verb} INTO answers (tag, content) VALUES (?, ?)",  # noqa: S608  # ours
            (tag, zlib.compress(answer.encode())),
        )


def kept_answer(ledger: Ledger, tag: str) -> str | None:
    """Return what :func:`keep_answer` kept; None where nothing was, or it is damaged."""
    with ledger.write() as database:
        row = database.execute("SELECT content FROM answers WHERE tag = ?", (tag,)).fetchone()
    try:
        return zlib.decompress(row["content"]).decode() if row else None
    except (zlib.error, UnicodeDecodeError):
        return None


def read_answer(answer: str, estimator: str, shape: tuple[int, int]) -> Values:
    """Read a result as the service sent it.

    Args:
        answer: The result.
        estimator: Which of our estimators the job came from.
        shape: Numbers of points and observables that were asked for.

    Raises:
        BackendError: If it cannot be read, or is not the result of such a job.
    """
    from qiskit_ibm_runtime.decoders.defaults import DEFAULT_DECODERS

    def decode(content: Any, decoder: Any) -> Any:  # noqa: ANN401  # what decoders hand on
        return decoder.decode(content) if decoder.is_applicable(content) else content

    # Decoders raise whatever they stumble over: the content comes from elsewhere.
    try:
        with quiet():
            decoders = DEFAULT_DECODERS[PROGRAMS[EstimatorName(estimator)]]
            result: Any = reduce(decode, decoders, answer)
            (pub,) = result
            evs, stds = (
                np.asarray(each, dtype=np.float64) for each in (pub.data.evs, pub.data.stds)
            )
    except Exception as error:  # noqa: BLE001
        raise BackendError(f"cannot be read ({type(error).__name__})") from None
    return _checked(evs, stds, shape)


def pack_values(values: Values, **more: Any) -> str:  # noqa: ANN401  # as JSON
    """Return values as JSON, as the ledger keeps them: observables first, null where not finite."""
    found = {
        name: [[value if math.isfinite(value) else None for value in row] for row in array.T]
        for name, array in (("evs", values.evs), ("stds", values.stds))
    }
    return json.dumps(found | more)


def unpack_values(packed: str | None, shape: tuple[int, int]) -> Values:
    """Return what :func:`pack_values` packed.

    Raises:
        BackendError: If it is damaged, or has another shape.
    """
    try:
        content = json.loads(packed or "")
        evs, stds = (np.array(content[name], dtype=float) for name in ("evs", "stds"))
    except (KeyError, TypeError, ValueError):
        raise BackendError("is damaged in the ledger") from None
    return _checked(evs, stds, shape)


def _checked(evs: Reals, stds: Reals, shape: tuple[int, int]) -> Values:
    """Return values of what comes observables first, if it has the right shape."""
    expected = shape[::-1]
    for what, array in (("values", evs), ("standard errors", stds)):
        if array.shape != expected:
            raise BackendError(
                f"has {what} of shape {array.shape}, expected {expected} (observables, points)"
            )
    return Values.of(evs.T, stds.T)
