"""What the negative and the positive control say."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from qkdrp.experiments.pairs.claims import Claim, best_against_ridge
from qkdrp.experiments.pairs.differences import Difference, Tables, at, mean_of
from qkdrp.experiments.pairs.questions import MSE
from qkdrp.experiments.pairs.scores import RIDGE
from qkdrp.experiments.pairs.setups import EMBEDDED, SHUFFLED, Place
from qkdrp.systems.pairs.data.synthetic import synthetic_with_signal
from qkdrp.systems.pairs.target import Target

TOLERANCE = 0.02
"""Share by which mean errors may differ without saying anything: seeds scatter. A control without
signal is passed where no network's error is smaller than those of the line mean, the mean and the
ridge by more; one with signal where that of the best network is smaller than the ridge's by more.
"""


@lru_cache(maxsize=1)
def noise_ceiling() -> float:
    """Return the MSE of the target that noise alone gives on the embedded pairs."""
    pairs, signal = synthetic_with_signal()
    target = Target()
    return float(np.mean((target.of(pairs.value) - target.of(signal)) ** 2))


def control_claims(tables: Tables, places: Sequence[Place]) -> Iterator[Claim]:
    """Yield whether the controls came out as they must.

    Args:
        tables: Of the study.
        places: Where networks were compared.
    """
    for place in places:
        if place.data == SHUFFLED:
            yield from _negative(tables, place)
        elif place.data == EMBEDDED:
            yield from _positive(tables, place)


def _negative(tables: Tables, place: Place) -> Iterator[Claim]:
    networks = at(tables["trainings"], place)["model"].tolist()
    if not networks:
        return
    errors = {name: mean_of(tables, place, name, MSE) for name in networks}
    simple = {name: mean_of(tables, place, name, MSE) for name in ("mean", "line_mean", RIDGE)}
    least = min(errors.values())
    bound = min(simple["line_mean"], simple["mean"], simple[RIDGE])
    passed = least >= (1 - TOLERANCE) * bound
    listed = ", ".join(f"{name} {error:.4g}" for name, error in {**simple, **errors}.items())
    claim = "with drugs shuffled within lines, no network beats what knows the line alone"
    yield Claim("ours", claim, place.title, f"MSE of {listed}", "Passed" if passed else "FAILED")


def _positive(tables: Tables, place: Place) -> Iterator[Claim]:
    claim = "on the embedded pairs, whose interaction is known, a network finds it"
    beside = f"noise ceiling {noise_ceiling():.4g}"
    yield from best_against_ridge(tables, place, claim, beside, _finds)


def _finds(found: Difference) -> str:
    return "Passed" if found.left < (1 - TOLERANCE) * found.right else "FAILED"
