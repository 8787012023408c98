"""The claims of the paper, and our questions, each with what the study found and a verdict."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qkdrp.experiments.pairs.contenders import HYBRID
from qkdrp.experiments.pairs.courses import RISING
from qkdrp.experiments.pairs.differences import Difference, Tables, at, mean_of, where_both_learn
from qkdrp.experiments.pairs.questions import MSE, QUESTIONS, Question
from qkdrp.experiments.pairs.scores import RIDGE
from qkdrp.experiments.pairs.setups import GIVEN, Place
from qkdrp.experiments.study.text import counted


@dataclass(frozen=True)
class Claim:
    """A claim or a question, and what came of it.

    Args:
        source: ``paper``, or ``ours``.
        claim: What is claimed.
        place: Where it was looked at.
        found: The numbers.
        verdict: Whether they agree.
    """

    source: str
    claim: str
    place: str
    found: str
    verdict: str

    def sentence(self) -> str:
        """Return all of it as a sentence or two."""
        whose = "The paper" if self.source == "paper" else "Question"
        return f"{whose}: {self.claim}. {self.place}: {self.found}. {self.verdict}."


def answered(tables: Tables, places: Sequence[Place]) -> Iterator[Claim]:
    """Yield what a study says to each question.

    Args:
        tables: Of the study.
        places: Where networks were compared.
    """
    for place in places:
        if place.data != GIVEN:
            continue
        for question in QUESTIONS:
            found = Difference.of(tables, place, question.left, question.right, question.score)
            if found is not None:
                yield _answer(tables, question, place, found)
        yield from _monotone(tables, place)
        yield from _against_ridge(tables, place)


def verdict_on(found: Difference) -> str:
    """Return whether the first of two is established to be lower than the second."""
    if found.untrained:
        return f"No verdict: stopped by the limit of epochs ({', '.join(found.untrained)})"
    if found.hopeless:
        return "No verdict: neither predicts better than the mean"
    if not found.told:
        return "No verdict: too few seeds"
    return {-1: "Agrees", 0: "Not established", 1: "Does not agree: the reverse holds"}[
        found.established
    ]


def _verdict(question: Question, found: Difference) -> str:
    """Return the verdict, and how many trainings predict no better than the mean."""
    verdict = verdict_on(found)
    if found.hopeless or not found.no_better:
        return verdict
    told = " and ".join(
        f"{count} of {found.n_runs} trainings of {name}" for name, count in found.no_better.items()
    )
    if question.score != MSE:
        verdict = "No verdict"
    return f"{verdict}; {told} predict no better than the mean"


def _answer(tables: Tables, question: Question, place: Place, found: Difference) -> Claim:
    values = f"{question.left} {found.left:.4g} against {question.right} {found.right:.4g}"
    if question.score == MSE:
        values, change = f"MSE of {values}", found.relative()
    else:
        values, change = f"{question.score} of {values}", found.absolute()
    shown = f"{values}, {change}; {found.tested()}"
    if found.no_better and question.score == MSE:
        learned = where_both_learn(tables, place, question.left, question.right)
        shown += f"; {learned}" if learned else ""
    return Claim(question.source, question.claim, place.title, shown, _verdict(question, found))


def _monotone(tables: Tables, place: Place) -> Iterator[Claim]:
    """Yield whether the hybrid's test error falls in every epoch."""
    rows = at(tables["scores"], place)
    rows = rows[(rows["model"] == HYBRID) & (rows["score"] == RISING)]
    if rows.empty:
        return
    (row,) = rows.to_dict("records")
    shown = f"its test error rises in {row['mean']:.0%} of the epochs"
    if not math.isnan(row["low"]):
        shown += f" (95% {row['low']:.0%} to {row['high']:.0%})"
    claim = "the hybrid's test error falls monotonically"
    verdict = "Agrees" if row["mean"] == 0 else "Does not agree"
    yield Claim("paper", claim, place.title, f"{shown}, {counted(row['n_runs'], 'seed')}", verdict)


def best_by_validation(tables: Tables, place: Place) -> str | None:
    """Return the network with the smallest validation loss at its best epoch, mean over seeds.

    The test part is not looked at. Under-trained networks take part: they can only be better.
    """
    losses = at(tables["courses"], place)
    if losses.empty:
        return None
    best = losses.groupby(["model", "seed"], sort=False)["validation_loss"].min()
    return str(best.groupby("model").mean().idxmin())


def _against_ridge(tables: Tables, place: Place) -> Iterator[Claim]:
    """Yield whether the best network is better than the additive ridge."""
    beside = f"of the drug mean {mean_of(tables, place, 'drug_mean', MSE):.4g}"
    claim = "a network is better than shrunken effects of drug and line"
    yield from best_against_ridge(tables, place, claim, beside, verdict_on)


def best_against_ridge(
    tables: Tables, place: Place, claim: str, beside: str, judge: Callable[[Difference], str]
) -> Iterator[Claim]:
    """Yield what the network with the smallest validation loss says to a claim, beside the ridge.

    Args:
        tables: Of the study.
        place: Where networks were compared.
        claim: That the network is better.
        beside: Another number that is shown.
        judge: Returns the verdict on network minus ridge.
    """
    best = best_by_validation(tables, place)
    found = None if best is None else Difference.of(tables, place, best, RIDGE, MSE)
    if best is None or found is None:
        return
    shown = (
        f"MSE of {best} (smallest validation loss) {found.left:.4g}, of the additive ridge "
        f"{found.right:.4g}, {found.relative()}; {beside}; {found.tested()}"
    )
    yield Claim("ours", claim, place.title, shown, judge(found))
