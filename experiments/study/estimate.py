"""Estimate of a study: number of trainings, and core hours from short trials."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Self, TypeAlias

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qkdrp.cli.console import console
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.text import duration

PROBED_EPOCHS = 3
"""Epochs that each configuration of the first drug is timed for; the first one warms up."""

LINE_SECONDS = 10.0
"""Time between lines about the trials where the output is not a terminal."""

OnTrial: TypeAlias = Callable[[str, int, int], None]
"""Called before each trial with what is timed, how many trials are done and how many there are."""


class TrialProgress(AbstractContextManager["TrialProgress"]):
    """Shows which trial runs: in place on a terminal, as lines elsewhere.

    Args:
        screen: Where to; standard error, as a rule.
    """

    def __init__(self, screen: Console) -> None:
        self.screen, self.said = screen, time.monotonic()
        self.status = screen.status("timing a few epochs")

    def __enter__(self) -> Self:
        """Show that trials begin."""
        if self.screen.is_terminal:
            self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take away what is shown in place."""
        self.status.stop()

    def update(self, what: str, done: int, total: int) -> None:
        """Tell which trial begins."""
        line = f"timing a few epochs, {done + 1} of {total}: {what}"
        if self.screen.is_terminal:
            self.status.update(line)
        elif time.monotonic() - self.said > LINE_SECONDS:
            self.said = time.monotonic()
            self.screen.print(line, soft_wrap=True)


def show_estimate(costs_of: Callable[[OnTrial], Iterator[Cost]]) -> None:
    """Print the number of trainings, and core hours from a few epochs of each configuration.

    Trainings that may stop early are counted with all epochs, the most they can take.

    Args:
        costs_of: Times the parts of a study and yields what each would take.
    """
    with TrialProgress(console(stderr=True)) as progress:
        costs = list(costs_of(progress.update))
    screen = console()
    counts: Counter[str] = Counter()
    for cost in costs:
        counts.update(cost.counts)
    table = Table("model", "configurations", *counts, "core hours", box=SIMPLE_HEAD)
    for cost in costs:
        numbers = (str(cost.counts.get(kind, 0)) for kind in counts)
        table.add_row(cost.label, str(cost.configurations), *numbers, f"{cost.seconds / 3600:.2f}")
    screen.print(table)
    total = sum(cost.seconds for cost in costs)
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    screen.print(
        f"{counts.total()} trainings ({listed}), "
        f"about {total / 3600:.2f} core hours: {duration(total)} on one worker"
    )
