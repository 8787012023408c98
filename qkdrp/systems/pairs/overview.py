"""What a source of pairs holds: numbers, and how the measure is distributed for each drug."""

import numpy as np

from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.target import LN_IC50, MEASURES, Target
from qkdrp.training.description import Description, TextTable

MOST_DRUGS = 20
"""Drugs that are listed one by one; a source of more shows those with the most pairs."""

COLUMNS = ("drug", "name", "pairs", "atoms", "least", "median", "greatest")


def overview_of(pairs: PairData) -> Description:
    """Return the sizes of a source, and its drugs."""
    mark = " (SYNTHETIC)" if pairs.synthetic else ""
    possible = len(pairs.lines) * len(pairs.drugs)
    molecules, missing = pairs.drugs.molecules, float(np.isnan(pairs.lines.matrix).mean())
    t = Target().of(pairs.value) if pairs.measure == LN_IC50 else pairs.value
    means = np.bincount(pairs.drug, t) / np.bincount(pairs.drug)
    explained = 1 - float(np.mean((t - means[pairs.drug]) ** 2) / t.var())
    sizes = [
        ("measured pairs" + mark, f"{len(pairs)}"),
        ("possible pairs", f"{possible} ({len(pairs) / possible:.1%} measured)"),
        ("cell lines", f"{len(pairs.lines)}"),
        ("features of a line", f"{len(pairs.lines.features)} ({missing:.1%} missing)"),
        ("drugs", f"{len(pairs.drugs)}"),
        ("heavy atoms of a drug", f"{molecules.n_atoms.min()} to {molecules.n_atoms.max()}"),
        (f"mean {MEASURES[pairs.measure]}", f"{pairs.value.mean():.3f}"),
        ("variance of the target", f"{t.var():.6f}"),
        ("share of it that a drug's mean explains", f"{explained:.1%}"),
    ]
    if pairs.lines.tissues is not None:
        sizes.append(("tissues", f"{len(np.unique(pairs.lines.tissues))}"))
    tables = (
        TextTable(("what", "number"), sizes, words=frozenset({"what"})),
        _drug_table(pairs),
    )
    return Description(tables, pairs.notes)


def _drug_table(pairs: PairData) -> TextTable:
    counts = np.bincount(pairs.drug)
    rows = []
    for drug in np.argsort(-counts, kind="stable")[:MOST_DRUGS].tolist():
        values = np.quantile(pairs.value[pairs.drug == drug], [0, 0.5, 1])
        sizes = (counts[drug], pairs.drugs.molecules.n_atoms[drug])
        texts = (str(pairs.drugs.ids[drug]), str(pairs.drugs.names[drug]))
        rows.append([*texts, *map(str, sizes), *(f"{value:.2f}" for value in values)])
    more = len(pairs.drugs) - len(rows)
    title = f"{MEASURES[pairs.measure]} by drug" + (f", {more} more not shown" if more else "")
    return TextTable(COLUMNS, rows, title, frozenset({"drug", "name"}))
