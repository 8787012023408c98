"""Differences between two networks at one place, as the tables of a study hold them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import pandas as pd

from qkdrp.experiments.pairs.courses import NO_BETTER, under_trained
from qkdrp.experiments.pairs.setups import Place
from qkdrp.experiments.study.text import counted, p_equation

LEVEL = 0.05
"""False discovery rate below which a difference counts as established."""

Tables = Mapping[str, pd.DataFrame]
"""``scores``, ``comparisons``, ``trainings`` and the like."""


@dataclass(frozen=True)
class Difference:
    """One score of two networks, seed by seed.

    Args:
        left: Mean score of the first.
        right: Of the second.
        value: Mean of first minus second.
        low: Lower end of its 95% interval; not a number where there is none.
        high: Upper end.
        p: Of the corrected resampled test.
        q: p adjusted for all comparisons of the score.
        n_runs: Seeds.
        untrained: Which of the two are under-trained.
        no_better: Trainings of each of the two that predict no better than the mean, by name; of
            networks that have any.
    """

    left: float
    right: float
    value: float
    low: float
    high: float
    p: float
    q: float
    n_runs: int
    untrained: tuple[str, ...] = ()
    no_better: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Tables, place: Place, left: str, right: str, score: str) -> Self | None:
        """Return the difference of two networks; None where the study does not have it.

        Args:
            tables: Of the study.
            place: Where they are compared.
            left: Variant of the first.
            right: Variant of the second.
            score: Key of the score.
        """
        rows = at(tables["comparisons"], place)
        rows = rows[rows["score"] == score]
        for reference, other, sign in ((left, right, 1), (right, left, -1)):
            found = rows[(rows["reference"] == reference) & (rows["other"] == other)]
            if len(found):
                return cls._read(tables, place, (left, right, score), found.iloc[0], sign)
        return None

    @classmethod
    def _read(
        cls,
        tables: Tables,
        place: Place,
        names: tuple[str, str, str],
        row: Any,  # noqa: ANN401  # of a table
        sign: int,
    ) -> Self:
        left, right, score = names
        ends = sorted((sign * float(row["low"]), sign * float(row["high"])))
        return cls(
            left=mean_of(tables, place, left, score),
            right=mean_of(tables, place, right, score),
            value=sign * float(row["difference"]),
            low=ends[0],
            high=ends[1],
            p=float(row["p"]),
            q=float(row["q"]),
            n_runs=int(row["n_runs"]),
            untrained=untrained_of(tables, place, (left, right)),
            no_better=no_better_of(tables, place, (left, right)),
        )

    @property
    def established(self) -> int:
        """1 or -1 where first minus second is surely above or below 0; 0 where not."""
        if math.isnan(self.q) or self.q >= LEVEL:
            return 0
        return 1 if self.value > 0 else -1

    @property
    def told(self) -> bool:
        """Whether there are enough seeds for an interval."""
        return not math.isnan(self.low)

    def relative(self) -> str:
        """Return first minus second as a share of the second, in percent, with the interval."""
        text = f"{self.value / self.right:+.1%}"
        if not self.told:
            return text
        return f"{text} (95% {self.low / self.right:+.1%} to {self.high / self.right:+.1%})"

    def absolute(self) -> str:
        """Return first minus second with the interval."""
        text = f"difference {self.value:+.3f}"
        return text + (f" (95% {self.low:+.3f} to {self.high:+.3f})" if self.told else "")

    @property
    def hopeless(self) -> bool:
        """Whether no training of either predicts better than the mean."""
        return len(self.no_better) == 2 and min(self.no_better.values()) >= self.n_runs

    def tested(self) -> str:
        """Return p, q and the number of seeds."""
        return (
            f"{p_equation('p', self.p)}, {p_equation('q', self.q)}, {counted(self.n_runs, 'seed')}"
        )


def at(table: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return the rows of a place."""
    return table[
        (table["split"] == place.split)
        & (table["size"] == place.size)
        & (table["data"] == place.data)
    ]


def untrained_of(tables: Tables, place: Place, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of some networks are under-trained at a place."""
    short = under_trained(tables["trainings"])
    return tuple(n for n in names if (place.split, place.size, place.data, n) in short)


def no_better_of(tables: Tables, place: Place, names: Iterable[str]) -> Mapping[str, int]:
    """Return how many trainings of some networks predict no better than the mean, by name."""
    rows = at(tables["trainings"], place)
    counts = dict(zip(rows["model"], rows["n_no_better"], strict=True))
    return {name: int(counts[name]) for name in names if counts.get(name)}


def where_both_learn(tables: Tables, place: Place, left: str, right: str) -> str:
    """Return the MSE of two networks over the seeds in which both are better than the mean.

    These seeds are chosen by the test, so this describes what happened, and tests nothing.
    """
    rows = at(tables["seeds"], place)
    rows = rows[~rows[NO_BETTER].astype(bool)]
    wide = rows.pivot_table(index="seed", columns="model", values="mse")
    if left not in wide or right not in wide:
        return ""
    both = wide[[left, right]].dropna()
    if both.empty:
        return ""
    first, second = both[left].mean(), both[right].mean()
    return (
        f"where both are better than the mean ({counted(len(both), 'seed')}): {first:.4g} against "
        f"{second:.4g}, {first / second - 1:+.1%}"
    )


def mean_of(tables: Tables, place: Place, variant: str, score: str) -> float:
    """Return the mean score of a network or baseline over seeds; not a number where missing."""
    rows = at(tables["scores"], place)
    found = rows.loc[(rows["model"] == variant) & (rows["score"] == score), "mean"]
    return float(found.iloc[0]) if len(found) else math.nan
