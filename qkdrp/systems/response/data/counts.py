"""Sizes of downloaded cohorts beside the published ones."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CohortCount:
    """Size of a downloaded cohort beside the published one, as (non-responders, responders)."""

    drug: str
    found: tuple[int, int]
    published: tuple[int, int]
