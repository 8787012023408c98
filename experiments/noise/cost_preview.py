"""Cost preview: time of a device that all cells of a study take together."""

from collections.abc import Sequence
from dataclasses import replace

from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.cli.console import console
from qkdrp.cli.hardware_report import cost_lines


def total(costs: Sequence[RuntimeCost]) -> RuntimeCost:
    """Return the sum of costs of one device."""
    first = costs[0]
    summed = {
        name: sum(getattr(cost, name) for cost in costs)
        for name in ("pubs", "executions", "shots", "points", "payload", "seconds")
    }
    longest = max(cost.circuit_seconds for cost in costs)
    return replace(first, **summed, circuit_seconds=longest)


def print_costs(costs: Sequence[RuntimeCost], *, dry: bool) -> None:
    """Print what is about to be spent, or would be."""
    screen = console()
    lines = [f"hardware {len(costs)} cells", *cost_lines(total(costs).to_json())]
    lines.append(
        "dry run: nothing was trained or submitted"
        if dry
        else "cells whose jobs are in the ledger already are not paid for again"
    )
    for line in lines:
        screen.print(line, soft_wrap=True)
