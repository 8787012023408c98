"""Cost preview: time of a device that all cells of a study take together."""

from collections.abc import Sequence
from functools import reduce
from operator import add

from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.cli.console import console


def total(costs: Sequence[RuntimeCost]) -> RuntimeCost:
    """Return the sum of costs of one device."""
    return reduce(add, costs)


def print_costs(costs: Sequence[RuntimeCost], *, dry: bool) -> None:
    """Print what is about to be spent, or would be."""
    screen = console()
    lines = [f"hardware {len(costs)} cells", *total(costs).lines()]
    lines.append(
        "dry run: nothing was trained or submitted"
        if dry
        else "cells whose jobs are in the ledger already are not paid for again"
    )
    for line in lines:
        screen.print(line, soft_wrap=True)
