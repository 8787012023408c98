"""Estimate of a study: number of trainings, and core hours from short trials."""

from collections import Counter
from collections.abc import Callable, Iterator

import joblib
from rich.box import SIMPLE_HEAD
from rich.table import Table

from qkdrp.cli.console import console
from qkdrp.experiments.study.plan import Cost
from qkdrp.experiments.study.steps import OnTrial, StepProgress
from qkdrp.experiments.study.text import duration

PROBED_EPOCHS = 3
"""Epochs of each trial; the first one warms up."""


def show_estimate(costs_of: Callable[[OnTrial], Iterator[Cost]], workers: int = 1) -> None:
    """Print the number of trainings, and core hours from a few epochs of each configuration.

    Trainings that may stop early are counted with all epochs, the most they can take.

    Args:
        costs_of: Times the parts of a study and yields what each would take.
        workers: That the study would run on; 0 for as many as there are cores.
    """
    with StepProgress(console(stderr=True)) as progress:
        costs = list(costs_of(progress.trial_of("timing a few epochs")))
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
    n_workers = workers or joblib.cpu_count()
    more = f", {duration(total / n_workers)} on {n_workers}" if n_workers > 1 else ""
    screen.print(
        f"{counts.total()} trainings ({listed}), "
        f"about {total / 3600:.2f} core hours: {duration(total)} on one worker{more}"
    )
