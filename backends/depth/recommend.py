"""The smallest change of a circuit that meets a rule, found by trying the cheapest first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from qkdrp.backends.depth.row import DepthRow
from qkdrp.backends.depth.rules import RULES, Limits, Verdict
from qkdrp.backends.depth.variant import Change, Variant, changes, reductions
from qkdrp.circuits import family_of


@dataclass(frozen=True)
class Recommendation:
    """What to change so that a rule is met.

    Args:
        circuit: The circuit.
        device: The device it was asked for.
        rule: A key of :data:`~qkdrp.backends.depth.rules.RULES`.
        before: The rule's verdict as it is.
        steps: Changes; empty where the rule is met as it is, or none was found.
        row: The row that meets it; None where none was found.
        after: The rule's verdict on that row.
        tried: Variants that were tried.
    """

    circuit: str
    device: str
    rule: str
    before: Verdict
    steps: tuple[Change, ...] = ()
    row: DepthRow | None = None
    after: Verdict | None = None
    tried: int = 0

    @property
    def same_values(self) -> bool:
        """Whether all expectation values stay the same."""
        return all(step.same_values for step in self.steps)

    @property
    def words(self) -> str:
        """What to do and what it costs, in a line."""
        if self.before.met is None:
            return f"cannot be told: {self.before.words}"
        if self.before.met:
            return f"met as it is: {self.before.words}"
        if self.row is None or self.after is None:
            return f"not met by any of {self.tried} variants tried; as it is {self.before.words}"
        price = "same values" if self.same_values else "a different circuit, to be trained anew"
        return f"{' + '.join(step.words for step in self.steps)} ({price}): {self.after.words}"


@dataclass(frozen=True)
class Candidate:
    """A variant on a device, and the steps that lead there."""

    variant: Variant
    device: str
    steps: tuple[Change, ...]


def candidates(
    base: Variant,
    device: str,
    others: Sequence[str],
    shapes: Callable[[str, Variant], tuple[str, ...]],
) -> list[Candidate]:
    """Return what can be tried instead of a circuit on a device, the smallest changes first.

    Same values come before different circuits; among these, those first that give up least by
    the count of their family.

    Args:
        base: The circuit.
        device: The device.
        others: Other devices, best first.
        shapes: Gives the shapes of coupled qubits that a device has for a circuit.
    """
    places = [(0, 0, base.spec, device)]
    places += [(0, moved, base.spec, other) for moved, other in enumerate(others, 1)]
    smaller = family_of(base.spec).smaller(base.spec)
    places += [(price, 0, spec, device) for price, spec in smaller]
    found: list[tuple[tuple[int, ...], Candidate]] = []
    for price, moved, spec, where in places:
        for variant in _forms(replace(base, spec=spec), shapes(where, base)):
            steps = changes(base, variant)
            if moved:
                steps = (*steps, Change(f"device {where}", same_values=True))
            if steps:
                key = (price, len(steps), moved, len(found))
                found.append((key, Candidate(variant, where, steps)))
    return [candidate for _, candidate in sorted(found, key=lambda each: each[0])]


def _forms(variant: Variant, shapes: tuple[str, ...]) -> Iterator[Variant]:
    yield variant
    yield from reductions(variant, shapes)


def smallest_change(
    rule: str,
    base: DepthRow,
    options: Sequence[Candidate],
    limits: Limits,
    row_of: Callable[[Candidate], DepthRow | None],
    possible: Callable[[str, Candidate], bool],
) -> Recommendation:
    """Try candidates in their order until one meets a rule.

    Args:
        rule: A key of :data:`~qkdrp.backends.depth.rules.RULES`.
        base: The best row of the circuit as it is.
        options: What can be tried.
        limits: From where on rules are met.
        row_of: Gives the best row of a candidate, None where there is none.
        possible: Whether a candidate could meet a rule at all.
    """
    before = RULES[rule].judge(base, limits)
    answer = Recommendation(base.variant.circuit, base.device, rule, before)
    if before.met is not False:
        return answer
    for option in options:
        if not possible(rule, option):
            continue
        row = row_of(option)
        after = RULES[rule].judge(row, limits) if row is not None else None
        if after is not None and after.met:
            return replace(answer, steps=option.steps, row=row, after=after, tried=len(options))
    return replace(answer, tried=len(options))
