"""What circuits add: each model with circuits against its twins, in numbers and in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from qkdrp.experiments.pkpd.cv.contenders import DENSE, LINEAR, QUANTUM, Variant
from qkdrp.experiments.pkpd.cv.networks import CLASSICAL
from qkdrp.experiments.pkpd.cv.pooled import ENDPOINTS
from qkdrp.experiments.pkpd.cv.shown import Difference
from qkdrp.systems.pkpd.network_choices import QUANTUM as CIRCUITS

HEADS = {LINEAR: "linear head", DENSE: "mlp head"}
"""What the quantum head of grey boxes is compared with, and what texts call it."""


@dataclass(frozen=True)
class Comparison:
    """A model with circuits against another one without, or with other circuits.

    Args:
        left: The model with circuits.
        right: The other one.
        endpoint: Of the scaled RMSE, a key of :data:`~.pooled.ENDPOINTS`.
        words: What texts call the two.
        found: The difference.
    """

    left: Variant
    right: Variant
    endpoint: str
    words: tuple[str, str]
    found: Difference

    @property
    def where(self) -> str:
        """The endpoint, and whether both know PD0."""
        return f"{self.endpoint}{', with PD0' if self.left.told else ''}"

    @property
    def verdict(self) -> str:
        """What the circuits do, in words; nothing where there are too few subjects."""
        found = self.found
        if not found.told:
            return "no verdict"
        if found.established:
            return f"the circuit makes it {'worse' if found.established > 0 else 'better'}"
        if found.low <= 0 <= found.high:
            return "level within the paired interval: no effect of the circuit is established"
        return "nothing is established: the interval excludes 0, and a test does not agree"

    def sentence(self) -> str:
        """Return difference, verdict, and what could have been seen."""
        (left, right), found = self.words, self.found
        start = f"{left} against {right}, {self.where}: {found.text()}; {self.verdict}"
        if not found.told:
            return f"{start}."
        return (
            f"{start}. The smallest difference that {found.n_subjects} subjects would have shown "
            f"(80% power, 5% level) is {found.detectable:.4f}, "
            f"{found.detectable / found.right:.1%} of the error of {_with_article(right)}."
        )


def comparisons(differences: pd.DataFrame) -> list[Comparison]:
    """Return the comparisons of models with circuits with their twins, quantum heads first.

    Args:
        differences: As :func:`~.differences.differences_frame` returns them.
    """
    found = list[Comparison]()
    for endpoint, pair, words in (*_heads(), *_twins(_variants(differences))):
        found += _compared(differences, endpoint, pair, words)
    return found


Wanted = tuple[str, tuple[Variant, Variant], tuple[str, str]]
"""An endpoint, the two that are compared on it, and what they are called."""


def _heads() -> Iterator[Wanted]:
    """Yield the quantum head beside the other heads; PD0 is of R0 alone."""
    told_of = [(False, endpoint) for endpoint in ENDPOINTS] + [(True, "PD")]
    for told, endpoint in told_of:
        for name, head in HEADS.items():
            yield endpoint, (Variant(QUANTUM, told), Variant(name, told)), ("Quantum head", head)


def _twins(variants: Sequence[Variant]) -> Iterator[Wanted]:
    """Yield networks with circuits beside their twins."""
    with_circuits = [each for each in variants if each.contender.core == CIRCUITS]
    for left, endpoint, right in product(with_circuits, ENDPOINTS, variants):
        if _are_twins(left, right):
            yield endpoint, (left, right), (left.contender.label, right.contender.label)


def _compared(
    table: pd.DataFrame, endpoint: str, pair: tuple[Variant, Variant], words: tuple[str, str]
) -> Iterator[Comparison]:
    """Yield a comparison, if the table has it."""
    found = Difference.of(table, endpoint, *pair)
    if found is not None:
        yield Comparison(*pair, endpoint, words, found)


def _are_twins(left: Variant, right: Variant) -> bool:
    """Tell whether one has trained circuits and the other has none in their place."""
    one, other = left.contender, right.contender
    if left.told != right.told or other.family != one.family or other.core in ("", CIRCUITS):
        return False
    in_experts = [each.settings.get("qexperts", False) for each in (one, other)]
    return other.core == CLASSICAL or in_experts[0] == in_experts[1]


def _variants(differences: pd.DataFrame) -> list[Variant]:
    """Return the variants of a table of differences, each once."""
    sides = [
        Variant(str(name), bool(told))
        for side in ("left", "right")
        for name, told in zip(differences[side], differences[f"{side}_pd0"], strict=True)
    ]
    return list(dict.fromkeys(sides))


def _with_article(words: str) -> str:
    """Return the name of a head with an article; names of networks take none."""
    return f"the {words}" if words in HEADS.values() else words


def summary(found: Sequence[Comparison]) -> Iterator[str]:
    """Yield what all comparisons come to, in one sentence.

    Args:
        found: As :func:`comparisons` returns them.
    """
    told = [each for each in found if each.found.told]
    if not told:
        return
    better = [each for each in told if each.found.established < 0]
    worse = [each for each in told if each.found.established > 0]
    least = min(each.found.detectable for each in told)
    most = max(each.found.detectable for each in told)
    yield (
        f"Circuits against twins without trained circuits, {len(told)} comparisons: better in "
        f"{_listed(better)}, worse in {_listed(worse)}, not established in "
        f"{len(told) - len(better) - len(worse)}. Differences of {least:.3f} to {most:.3f} "
        "could have been seen."
    )


def _listed(found: Sequence[Comparison]) -> str:
    """Return how many, and which."""
    if not found:
        return "none"
    named = "; ".join(f"{each.words[0]} against {each.words[1]}, {each.where}" for each in found)
    return f"{len(found)} ({named})"


def comparison_table(found: Sequence[Comparison]) -> pd.DataFrame:
    """Return the comparisons as a table for reading.

    Args:
        found: As :func:`comparisons` returns them.
    """
    return pd.DataFrame(
        [
            {
                "with circuits": each.words[0],
                "against": each.words[1],
                "endpoint": each.where,
                "difference": f"{each.found.value:+.3f}",
                "95%": f"({each.found.low:+.3f}, {each.found.high:+.3f})"
                if each.found.told
                else "",
                "detectable": f"{each.found.detectable:.3f}" if each.found.told else "",
                "in words": each.verdict,
            }
            for each in found
        ]
    )
