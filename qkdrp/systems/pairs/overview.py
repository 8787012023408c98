"""What a source of pairs holds: numbers, how the measure is distributed, and its licence."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.target import LN_IC50, MEASURES, Target
from qkdrp.training.description import Description, TextTable
from qkdrp.training.licence import licence_in

MOST_ROWS = 20
"""Drugs, or tissues, that are listed one by one; a source of more shows those with most pairs."""

COLUMNS = ("drug", "name", "pairs", "atoms", "least", "median", "greatest")
TISSUE_COLUMNS = ("tissue", "lines", "pairs", "least", "25%", "median", "75%", "greatest")

ENDS, QUARTILES = (0, 0.5, 1), (0, 0.25, 0.5, 0.75, 1)

PUBLISHED_LINES, PUBLISHED_DRUGS, PUBLISHED_PAIRS = 948, 223, 172_114
"""Counts of Sagingalieva et al. 2023, who print the third as the product of the other two."""


def overview_of(pairs: PairData, source: str = "") -> Description:
    """Return the sizes of a source, its drugs and its tissues.

    Args:
        pairs: The pairs.
        source: The folder that they are from, which may tell their licence.
    """
    tables = [TextTable(("what", "number"), _sizes(pairs), words=frozenset({"what"}))]
    tables.append(_drug_table(pairs))
    if pairs.lines.tissues is not None:
        tables.append(_tissue_table(pairs))
    return Description(tables, [*_licence(pairs, source), *pairs.notes, *_slip(pairs)])


def _sizes(pairs: PairData) -> list[tuple[str, str]]:
    mark = " (SYNTHETIC)" if pairs.synthetic else ""
    possible = len(pairs.lines) * len(pairs.drugs)
    molecules = pairs.drugs.molecules
    t = Target().of(pairs.value) if pairs.measure == LN_IC50 else pairs.value
    means = np.bincount(pairs.drug, t) / np.bincount(pairs.drug)
    explained = 1 - float(np.mean((t - means[pairs.drug]) ** 2) / t.var())
    sizes = [
        ("measured pairs" + mark, f"{len(pairs)}"),
        ("possible pairs", f"{possible} ({len(pairs) / possible:.1%} measured)"),
        ("cell lines", f"{len(pairs.lines)}"),
        ("drugs of a line", _range(np.bincount(pairs.line))),
        ("drugs", f"{len(pairs.drugs)}"),
        ("lines of a drug", _range(np.bincount(pairs.drug))),
        ("heavy atoms of a drug", _range(molecules.n_atoms)),
        *_feature_sizes(pairs),
        (f"mean {MEASURES[pairs.measure]}", f"{pairs.value.mean():.3f}"),
        ("variance of the target", f"{t.var():.6f}"),
        ("share of it that a drug's mean explains", f"{explained:.1%}"),
    ]
    if pairs.lines.tissues is not None:
        sizes.append(("tissues", f"{len(np.unique(pairs.lines.tissues))}"))
    return sizes


def _feature_sizes(pairs: PairData) -> list[tuple[str, str]]:
    """Return how many features there are, how many of them say nothing, and what they hold."""
    matrix = pairs.lines.matrix
    missing, there = float(np.isnan(matrix).mean()), matrix[~np.isnan(matrix)]
    constant = int((np.nanmin(matrix, axis=0) == np.nanmax(matrix, axis=0)).sum())
    repeated = matrix.shape[1] - len(np.unique(matrix, axis=1).T)
    sizes = [
        ("features of a line", f"{matrix.shape[1]} ({missing:.1%} missing)"),
        ("features that are constant", f"{constant}"),
        ("features that repeat another", f"{repeated}"),
    ]
    if np.isin(there, (0.0, 1.0)).all():
        sizes.append(("share of features that are 1", f"{there.mean():.2%}"))
    return sizes


def _licence(pairs: PairData, source: str) -> list[str]:
    """Return what is known of the licence; nothing of made-up pairs, which need none."""
    if pairs.synthetic:
        return []
    told = licence_in(Path(source))
    return [f"licence: {told}" if told else "licence: not told; a file LICENSE in the folder would"]


def _slip(pairs: PairData) -> list[str]:
    """Return what is wrong with the published count, for the data that it is of."""
    found = (len(pairs.lines), len(pairs.drugs), len(pairs))
    if found != (PUBLISHED_LINES, PUBLISHED_DRUGS, PUBLISHED_PAIRS):
        return []
    return [
        f"the paper prints {found[1]} x {found[0]} = {found[2]:,}: the product is "
        f"{found[0] * found[1]:,}, of which {found[2]:,} pairs are measured"
    ]


def _range(counts: np.ndarray) -> str:
    return f"{counts.min()} to {counts.max()}"


def _drug_table(pairs: PairData) -> TextTable:
    counts = np.bincount(pairs.drug)
    rows = []
    for drug in np.argsort(-counts, kind="stable")[:MOST_ROWS].tolist():
        sizes = (counts[drug], pairs.drugs.molecules.n_atoms[drug])
        texts = (str(pairs.drugs.ids[drug]), str(pairs.drugs.names[drug]))
        rows.append([*texts, *map(str, sizes), *_spread(pairs, pairs.drug == drug, ENDS)])
    title = f"{MEASURES[pairs.measure]} by drug{_more(len(pairs.drugs) - len(rows))}"
    return TextTable(COLUMNS, rows, title, frozenset({"drug", "name"}))


def _tissue_table(pairs: PairData) -> TextTable:
    """Return lines, pairs and measure of each tissue, those with the most pairs first."""
    tissues = pairs.tissues
    assert tissues is not None
    assert pairs.lines.tissues is not None
    names, counts = np.unique(tissues, return_counts=True)
    rows = []
    for place in np.argsort(-counts, kind="stable")[:MOST_ROWS].tolist():
        name = names[place]
        sizes = (int((pairs.lines.tissues == name).sum()), int(counts[place]))
        spread = _spread(pairs, tissues == name, QUARTILES)
        rows.append([str(name) or "(unknown)", *map(str, sizes), *spread])
    title = f"{MEASURES[pairs.measure]} by tissue{_more(len(names) - len(rows))}"
    return TextTable(TISSUE_COLUMNS, rows, title, frozenset({"tissue"}))


def _spread(pairs: PairData, among: np.ndarray, shares: Sequence[float]) -> list[str]:
    return [f"{value:.2f}" for value in np.quantile(pairs.value[among], shares)]


def _more(count: int) -> str:
    return f", {count} more not shown" if count else ""
