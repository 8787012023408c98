"""Counts of PUBs, executions and shots that a backend ran."""

from dataclasses import dataclass


@dataclass
class Usage:
    """Running totals of a backend.

    Args:
        pubs: Primitive unified blocs sent.
        executions: Circuits run: parameter points, times measurement bases where bases matter.
        shots: Shots over all executions; 0 where values are exact.
    """

    pubs: int = 0
    executions: int = 0
    shots: int = 0
