"""How often intervals hold and tests err, by simulation: the tables of docs/statistics.md."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from cross_validation import LEARNERS, Repeated, simulate
from older_intervals import bca, newcombe, student
from scipy import optimize, stats
from scipy.stats import norm
from sklearn.metrics import average_precision_score

from qkdrp.common.field_intervals import aupr_interval, kendall_interval, r2_interval
from qkdrp.common.intervals import (
    CONFIDENCE,
    REAL_LINE,
    TAIL,
    auc_interval,
    mse_interval,
    pearson_interval,
    placements,
    spearman_interval,
)
from qkdrp.experiments.noise.optimum import Surface
from qkdrp.experiments.study.statistics import corrected_mean, variance_factor
from qkdrp.reports.page import markdown_rows

Reals = np.ndarray[Any, np.dtype[np.float64]]
Draw = Callable[[np.random.Generator, int, int], tuple[Reals, Reals]]

SIZES = ((3, 62), (5, 78), (8, 75), (12, 109))
"""Responders and non-responders of a test part."""

AREAS = (0.5, 0.7, 0.85, 0.95)
ROWS = (65, 121)
"""Samples of a test part."""

MANY = 200_000
"""Samples from which a true AUPR is taken."""

APART = 3.0
"""Half the distance of two groups of responders, in standard deviations of non-responders."""


def of_spread(ratio: float) -> Callable[[float], Draw]:
    """Return normal classes whose standard deviations have a ratio, responders over others."""

    def of_area(area: float) -> Draw:
        shift = float(norm.ppf(area)) * (1 + ratio**2) ** 0.5
        return lambda rng, m, n: (shift + ratio * rng.normal(size=m), rng.normal(size=n))

    return of_area


def two_groups(area: float) -> Draw:
    """Return responders in two groups far apart."""
    spread = 0.5
    total = (1 + spread**2) ** 0.5

    def excess(centre: float) -> float:
        return float(norm.cdf([(centre + side) / total for side in (-APART, APART)]).mean()) - area

    centre = optimize.brentq(excess, -20, 20)

    def draw(rng: np.random.Generator, m: int, n: int) -> tuple[Reals, Reals]:
        sides = rng.choice([-APART, APART], size=m)
        return centre + sides + spread * rng.normal(size=m), rng.normal(size=n)

    return draw


CLASSES = {
    "equal variances": of_spread(1.0),
    "responders twice as wide": of_spread(2.0),
    "responders three times as wide": of_spread(3.0),
    "responders half as wide": of_spread(0.5),
    "responders in two groups": two_groups,
}


def auc_rows(trials: int) -> Iterator[list[str]]:
    """Yield coverage and width of AUC intervals, over all AUCs, by classes and size."""
    rng = np.random.default_rng(0)
    for name, of_area in CLASSES.items():
        for m, n in SIZES:
            methods: dict[str, Callable[[Reals, Reals], tuple[float, float]]] = {
                "now": auc_interval,
                "Newcombe": lambda x, y: newcombe(
                    float(placements(x, y)[0].mean()), len(x), len(y)
                ),
            }
            held = {key: np.zeros((len(AREAS), trials)) for key in methods}
            widths = {key: np.zeros((len(AREAS), trials)) for key in methods}
            for place, area in enumerate(AREAS):
                draw = of_area(area)
                for trial in range(trials):
                    samples = draw(rng, m, n)
                    for key, method in methods.items():
                        low, high = method(*samples)
                        held[key][place, trial] = low <= area <= high
                        widths[key][place, trial] = high - low
            cells = []
            for key in ("Newcombe", "now"):
                share = held[key].mean(axis=1)
                cells += [f"{share.mean():.3f}", f"{share.min():.3f}", f"{widths[key].mean():.2f}"]
            yield [name, f"{m} of {m + n}", *cells]


def student_t(freedom: float) -> Callable[[np.random.Generator, int], Reals]:
    """Return draws of Student's distribution, of variance 1."""
    scale = (freedom / (freedom - 2)) ** 0.5
    return lambda rng, n: rng.standard_t(freedom, n) / scale


def bounded(rng: np.random.Generator, n: int) -> Reals:
    """Return errors with heavy tails that stay in -2 to 2, as labels do that tanh bounds."""
    return np.clip(0.3 * rng.standard_t(3, n), -2, 2)


ERRORS: Mapping[str, Callable[[np.random.Generator, int], Reals]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "t with 5 degrees of freedom": student_t(5),
    "t with 3, cut at 2 as labels are": bounded,
    "t with 3 degrees of freedom": student_t(3),
}


def mse_rows(trials: int) -> Iterator[list[str]]:
    """Yield coverage and median width of MSE intervals, as a share of the MSE."""
    rng = np.random.default_rng(0)
    for name, draw in ERRORS.items():
        many = draw(np.random.default_rng(1), 4_000_000)
        true = float((many**2).mean()) if name.endswith("are") else 1.0
        for n in ROWS:
            found: dict[str, list[tuple[float, float]]] = {"student": [], "BCa": [], "now": []}
            for _ in range(trials):
                errors = draw(rng, n) ** 2
                found["student"].append(student(errors))
                found["BCa"].append(bca(errors, rng))
                found["now"].append(mse_interval(errors) or (np.nan, np.nan))
            yield [name, str(n), *(cell for key in found for cell in _cells(found[key], true))]


def _cells(found: list[tuple[float, float]], true: float) -> tuple[str, str]:
    low, high = np.array(found).T
    share = float(np.mean((low <= true) & (true <= high)))
    return f"{share:.3f}", f"{np.median(high - low) / true:.2f}"


def pairs(kind: str, rho: float, rng: np.random.Generator, n: int) -> tuple[Reals, Reals]:
    """Return correlated pairs."""
    x, other = rng.normal(size=(2, n))
    rest = (1 - rho**2) ** 0.5 * other
    if kind == "noise that grows with the value":
        return x, rho * x + np.abs(x) * rest
    if kind == "bounded by tanh":
        return np.tanh(x), np.tanh(1.5 * (rho * x + rest))
    scale = 1.0 if kind == "normal" else np.sqrt(rng.chisquare(3, n) / 3)
    return x / scale, (rho * x + rest) / scale


PAIRS = (
    "normal",
    "bounded by tanh",
    "t with 3 degrees of freedom",
    "noise that grows with the value",
)


def correlation_rows(trials: int) -> Iterator[list[str]]:
    """Yield coverage of intervals of correlations, the least of three correlations."""
    rng = np.random.default_rng(0)
    for kind in PAIRS:
        for n in ROWS:
            cells: dict[str, list[float]] = {}
            for rho in (0.0, 0.4, 0.7):
                many = pairs(kind, rho, np.random.default_rng(1), 300_000)
                true = {
                    "Pearson": rho if kind.startswith("t") else stats.pearsonr(*many).statistic,
                    "Spearman": stats.spearmanr(*many).statistic,
                }
                held: dict[str, list[bool]] = {}
                for _ in range(trials):
                    for key, (low, high) in _correlations(*pairs(kind, rho, rng, n)):
                        held.setdefault(key, []).append(
                            bool(low <= true[key.split(",")[0]] <= high)
                        )
                for key, each in held.items():
                    cells.setdefault(key, []).append(float(np.mean(each)))
            yield [kind, str(n), *(f"{min(shares):.3f}" for shares in cells.values())]


def _correlations(x: Reals, y: Reals) -> Iterator[tuple[str, tuple[float, float]]]:
    n = len(x)
    pearson, spearman = stats.pearsonr(x, y), float(stats.spearmanr(x, y).statistic)
    interval = pearson.confidence_interval(CONFIDENCE)
    yield "Pearson, Fisher's", (interval.low, interval.high)
    yield "Pearson, now", pearson_interval(x, y) or (np.nan, np.nan)
    margin = norm.ppf(TAIL) * ((1 + spearman**2 / 2) / (n - 3)) ** 0.5
    ends = np.tanh(np.arctanh(spearman) + np.array([-margin, margin]))
    yield "Spearman, Bonett and Wright's", (float(ends[0]), float(ends[1]))
    yield "Spearman, now", spearman_interval(x, y) or (np.nan, np.nan)


def field_rows(trials: int) -> Iterator[list[str]]:
    """Yield coverage and median width of intervals of further scores, by score and size."""
    rng, rho = np.random.default_rng(0), 0.4
    normal: dict[str, tuple[float, Callable[[Reals, Reals], tuple[float, float] | None]]] = {
        "Kendall": (2 / np.pi * np.arcsin(rho), kendall_interval),
        "R2": (rho**2, lambda x, y: r2_interval(y, rho * x)),
        "mean absolute error": ((2 / np.pi) ** 0.5, lambda x, _: mse_interval(np.abs(x))),
    }
    for name, (true, method) in normal.items():
        for n in ROWS:
            found = [method(*pairs("normal", rho, rng, n)) or (np.nan,) * 2 for _ in range(trials)]
            share, width = _cells(found, true)
            yield [name, str(n), share, share, f"{float(width) * true:.2f}"]
    for m, n in SIZES:
        shares, widths = list[float](), list[float]()
        for area in AREAS:
            draw, responder = of_spread(1.0)(area), np.arange(m + n) < m
            many = np.arange(MANY) < MANY * m // (m + n)
            values = np.concatenate(draw(np.random.default_rng(1), many.sum(), (~many).sum()))
            true = float(average_precision_score(many, values))
            found = [
                aupr_interval(float(average_precision_score(responder, each)), responder)
                for each in (np.concatenate(draw(rng, m, n)) for _ in range(trials))
            ]
            share, width = _cells(found, true)
            shares.append(float(share))
            widths.append(float(width) * true)
        mean, least = f"{np.mean(shares):.3f}", f"{min(shares):.3f}"
        yield ["AUPR", f"{m} of {m + n}", mean, least, f"{np.mean(widths):.2f}"]


def fold_rows(trials: int) -> Iterator[list[str]]:
    """Yield type I errors and coverage over repeated cross-validation of real learners."""
    for learner in LEARNERS:
        found = simulate(learner, trials)
        for score, values in (("AUC", found.auc), ("MSE", found.mse)):
            for repeats in (1, 2, 10):
                kept = values[:, :repeats]
                yield [
                    learner.name,
                    score,
                    f"{learner.folds} x {repeats}",
                    *_errors(kept[..., 0] - kept[..., 1], 0.0, learner.folds),
                    *_errors(kept[..., 0], float(values[..., 0].mean()), learner.folds, held=True),
                ]


def _errors(values: Repeated, true: float, folds: int, *, held: bool = False) -> list[str]:
    """Return the share of trials in which the interval misses the truth, n - 1 and now."""
    missed = {"before": 0, "now": 0}
    for trial in values.reshape(len(values), -1) - true:
        n = len(trial)
        before = trial.mean() / np.sqrt(variance_factor(n, folds) * trial.var(ddof=1))
        missed["before"] += abs(before) > stats.t.ppf(TAIL, n - 1)
        mean = corrected_mean(trial, folds, REAL_LINE)
        missed["now"] += bool(mean.p < 1 - CONFIDENCE)
    shares = [count / len(values) for count in missed.values()]
    return [f"{1 - share if held else share:.3f}" for share in shares]


def optimum_rows(trials: int) -> Iterator[list[str]]:
    """Yield how often the interval of the best of some points holds the best, and its support."""
    for learner in LEARNERS[:2]:
        found = simulate(learner, trials, 2, points=True)
        true = int(found.auc.mean(axis=(0, 1, 2)).argmax())
        for repeats in (1, 2):
            held, sure = {"bootstrap": 0, "now": 0}, {"bootstrap": 0, "now": 0}
            for trial, values in enumerate(found.auc[:, :repeats]):
                scores = values.reshape(-1, values.shape[-1])
                n = len(scores)
                rng = np.random.default_rng(trial)
                counts = rng.multinomial(n, np.full(n, 1 / n), size=2000)
                grid = np.arange(scores.shape[1], dtype=float)
                surface = Surface(grid[:, None], scores, tuple((0, run) for run in range(n)))
                drawn = {
                    "bootstrap": np.argmax(counts @ scores, axis=1),
                    "now": surface.drawn_best(learner.folds, rng),
                }
                for key, points in drawn.items():
                    low, high = np.quantile(points, [1 - TAIL, TAIL], method="inverted_cdf")
                    held[key] += int(low <= true <= high)
                    chosen = surface.best()
                    sure[key] += int((points == chosen).mean() > CONFIDENCE and chosen != true)
            yield [
                learner.name,
                f"{learner.folds} x {repeats}",
                *(f"{held[key] / trials:.3f}" for key in held),
                *(f"{sure[key] / trials:.3f}" for key in sure),
            ]


OLD, NEW = ("Newcombe: mean", "least", "width"), ("now: mean", "least", "width")

TABLES: Mapping[str, tuple[str, list[str], Callable[[int], Iterator[list[str]]]]] = {
    "auc": ("AUC of a test part", ["classes", "responders", *OLD, *NEW], auc_rows),
    "mse": (
        "Mean squared error of a test part",
        ["errors", "n", "Student", "width", "BCa", "width", "now", "width"],
        mse_rows,
    ),
    "correlations": (
        "Correlations on a test part",
        ["pairs", "n", "Pearson: Fisher", "now", "Spearman: Bonett, Wright", "now"],
        correlation_rows,
    ),
    "further": (
        "Further scores of a test part",
        ["score", "n", "mean", "least", "width"],
        field_rows,
    ),
    "folds": (
        "Cross-validation",
        ["learner", "score", "folds x repeats"]
        + [f"{kind}: {way}" for kind in ("type I error", "coverage") for way in ("n - 1", "now")],
        fold_rows,
    ),
    "best": (
        "Best of several points",
        ["learner", "folds x repeats"]
        + [f"{kind}: {way}" for kind in ("held", "sure and wrong") for way in ("bootstrap", "now")],
        optimum_rows,
    ),
}
"""Title, columns and rows of each table."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", default=list(TABLES), help=", ".join(TABLES))
    parser.add_argument("--trials", type=int, default=1000, help="simulated data sets of each row")
    options = parser.parse_args()
    for name in options.tables:
        title, columns, rows = TABLES[name]
        table = markdown_rows(columns, list(rows(options.trials)))
        print(f"{title}:\n\n{table}\n", flush=True)


if __name__ == "__main__":
    main()
