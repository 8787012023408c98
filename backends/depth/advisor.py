"""Recommendations of a depth report: what to change so that circuits meet the rules."""

from collections.abc import Iterator, Sequence

from qkdrp.backends.depth.recommend import (
    Candidate,
    Recommendation,
    candidates,
    smallest_change,
)
from qkdrp.backends.depth.row import DepthRow
from qkdrp.backends.depth.row_builder import RowBuilder, make_request
from qkdrp.backends.depth.rules import RULES, Limits
from qkdrp.backends.depth.sweep import Progress
from qkdrp.backends.depth.variant import Variant


class Advisor:
    """Looks for what to change so that circuits meet the rules.

    Args:
        builder: Makes rows of what is tried.
        rows: Of the report.
        level: Optimisation level of what is tried.
        seeds: Of the transpiler likewise.
        limits: From where on rules are met.
    """

    def __init__(
        self,
        builder: RowBuilder,
        rows: Sequence[DepthRow],
        level: int,
        seeds: tuple[int, ...],
        limits: Limits,
    ) -> None:
        self.builder, self.rows = builder, rows
        self.level, self.seeds, self.limits = level, seeds, limits

    def advise(
        self, bases: Sequence[Variant], n_devices: int | None, on_progress: Progress
    ) -> Iterator[Recommendation]:
        """Yield a recommendation for each circuit and rule, on its best devices."""
        starts = [row for base in bases for row in self._starts(base)[:n_devices]]
        for number, start in enumerate(starts):
            on_progress("recommendations", number, len(starts))
            yield from self._changes(start)
        on_progress("recommendations", len(starts), len(starts))

    def _starts(self, base: Variant) -> list[DepthRow]:
        """Return the best row of a circuit on each device, the most successful first."""
        own = [row for row in self.rows if row.variant == base and row.best]
        return sorted(own, key=lambda row: row.trial.value_success, reverse=True)

    def _changes(self, start: DepthRow) -> list[Recommendation]:
        others = [row.device for row in self._starts(start.variant) if row is not start]
        options = candidates(start.variant, start.device, others, self.builder.shapes)
        return [
            smallest_change(rule, start, options, self.limits, self._row_of, self._possible)
            for rule in RULES
        ]

    def _row_of(self, option: Candidate) -> DepthRow | None:
        if self.builder.sweep.build([option.variant]):
            return None
        request = make_request(option.variant, option.device, self.level, self.seeds)
        return max(self.builder.rows([request]), key=lambda row: row.trial.value_success)

    def _possible(self, rule: str, option: Candidate) -> bool:
        volume = self.builder.volume(option.device)
        return not self.builder.sweep.build([option.variant]) and RULES[rule].possible(
            self.builder.logical(option.variant), volume
        )
