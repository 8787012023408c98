"""The poster's five claims of quantum advantage, each with a measurement and a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from qkdrp.common.fold_means import Mean
from qkdrp.common.intervals import REAL_LINE
from qkdrp.experiments.pkpd.networks.parts import CLAIMED, FEWER, with_fewer
from qkdrp.experiments.pkpd.networks.results import Results
from qkdrp.experiments.pkpd.networks.words import against
from qkdrp.experiments.study.statistics import corrected_mean

QUANTUM, DENSE, LOW_RANK, CLASSICAL = CLAIMED
"""The network with circuits, its twins, and the network without circuits."""


def claims_frame(results: Results) -> pd.DataFrame:
    """Return one row for each claim that the study can answer: the claim, and what was found.

    Args:
        results: Of the study.
    """
    if not all(map(results.has, CLAIMED)):
        return pd.DataFrame(columns=["claim", "found"])
    rows = [(claim, " ".join(answer(results))) for claim, answer in CLAIMS.items()]
    return pd.DataFrame([row for row in rows if row[1]], columns=["claim", "found"])


def subjects_frame(results: Results) -> pd.DataFrame:
    """Return errors against the number of training subjects, one row for each network and number.

    Args:
        results: Of the study.
    """
    rows = []
    for name in CLAIMED:
        for subjects in (*FEWER, 0):
            own = with_fewer(name, subjects) if subjects else name
            if results.has(own):
                rows.append(
                    {
                        "model": name,
                        "subjects_of_each_dose": subjects or "all",
                        "pk": results.error(own, "PK"),
                        "pd": results.error(own),
                        "pk_text": results.error_text(own, "PK"),
                        "pd_text": results.error_text(own),
                    }
                )
    return pd.DataFrame(rows)


def _parameters(results: Results) -> Iterator[str]:
    counts = {name: int(results.measures(name)["n_parameters"].max()) for name in CLAIMED}
    angles = int(results.measures(QUANTUM)["n_quantum"].max())
    fewer = 1 - counts[QUANTUM] / counts[CLASSICAL]
    yield (
        f"{results.label(QUANTUM)} has {counts[QUANTUM]:,} parameters, {fewer:.0%} fewer than "
        f"{results.label(CLASSICAL)} ({counts[CLASSICAL]:,}); {angles} of them are angles of "
        "circuits. The saving is that of layers of low rank: the twin without circuits has "
        f"{counts[LOW_RANK]:,}."
    )


def _error(results: Results) -> Iterator[str]:
    for endpoint in ("PK", "PD"):
        yield f"At equal parameter count, {endpoint}: {against(results, QUANTUM, DENSE, endpoint)}"
    for endpoint in ("PK", "PD"):
        yield f"Against more, {endpoint}: {against(results, QUANTUM, CLASSICAL, endpoint)}"


def _epochs(results: Results) -> Iterator[str]:
    for other in (DENSE, CLASSICAL):
        found, mean = _paired(results, other, "converged")
        if found is not None:
            yield (
                f"{results.label(QUANTUM)} converges at epoch {mean[0]:.0f}, "
                f"{results.label(other)} at {mean[1]:.0f}: difference {found.value:+.0f} epochs"
                f"{_ends(found, '+.0f')}, {_word(found, 'fewer', 'more')}."
            )


def _inference(results: Results) -> Iterator[str]:
    for other in (DENSE, CLASSICAL):
        times = [
            float(results.measures(name)["inference_seconds"].median()) for name in (QUANTUM, other)
        ]
        ratio = times[0] / times[1]
        yield (
            f"{results.label(QUANTUM)} takes {1e3 * times[0]:.2f} ms for 1,000 observations by "
            f"exact simulation, {results.label(other)} {1e3 * times[1]:.2f} ms: {ratio:.2g} times "
            f"as long, so it is {'slower' if ratio > 1 else 'faster'}."
        )
    yield (
        "A device takes seconds for each observation and circuit at 4,096 shots "
        "(docs/results/depth-pnu.md)."
    )


def _subjects(results: Results) -> Iterator[str]:
    gaps = []
    for subjects in (*FEWER, 0):
        names = [with_fewer(name, subjects) if subjects else name for name in (QUANTUM, DENSE)]
        if not all(map(results.has, names)):
            continue
        found = results.difference(names[0], names[1])
        gaps += [] if found is None else [found.value]
        number = f"{subjects} training subjects" if subjects else "All training subjects"
        yield f"{number} of each dose, PD: {against(results, *names)}"
    if len(gaps) > 1:
        yield _growth(gaps)


def _growth(gaps: Sequence[float]) -> str:
    """Say whether an advantage grows, from the fewest subjects to all."""
    grows = all(np.diff(gaps) > 0) and gaps[0] < 0
    return (
        "An advantage that grows as subjects get fewer "
        f"{'is seen' if grows else 'is not seen'}: {', '.join(f'{gap:+.3f}' for gap in gaps)}."
    )


def _paired(results: Results, other: str, column: str) -> tuple[Mean | None, tuple[float, float]]:
    """Return the mean difference of a measure over folds and seeds, and both means."""
    keys = ["fold", "seed"]
    left, right = (
        results.measures(name).set_index(keys)[column].astype(float) for name in (QUANTUM, other)
    )
    both = pd.concat([left, right], axis=1, keys=["left", "right"]).dropna()
    if not len(both):
        return None, (np.nan, np.nan)
    values = (both["left"] - both["right"]).to_numpy(float)
    n_folds = both.index.get_level_values("fold").nunique()
    means = both.mean()
    return corrected_mean(values, n_folds, REAL_LINE), (float(means["left"]), float(means["right"]))


def _ends(found: Mean, form: str) -> str:
    return "" if np.isnan(found.low) else f" (95% {found.low:{form}} to {found.high:{form}})"


def _word(found: Mean, below: str, above: str) -> str:
    """Return in words whether a mean difference is established."""
    if np.isnan(found.low) or found.low <= 0 <= found.high:
        return "no difference is established"
    return f"{below if found.value < 0 else above}, established"


CLAIMS: Mapping[str, Callable[[Results], Iterator[str]]] = MappingProxyType(
    {
        "fewer parameters": _parameters,
        "smaller errors": _error,
        "fewer epochs to converge": _epochs,
        "quicker inference": _inference,
        "fewer subjects needed": _subjects,
    }
)
"""What measures each claim, by the claim."""
