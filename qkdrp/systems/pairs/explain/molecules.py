"""Molecules that are explained atom by atom."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import torch

from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.systems.pairs.data.graph import read_molecule
from qkdrp.systems.pairs.data.pair_data import Drugs, PairData
from qkdrp.systems.pairs.explain.drawing import draw_molecule
from qkdrp.systems.pairs.explain.features import reference_of
from qkdrp.systems.pairs.explain.row_model import ATOMS, PairRowModel, padded_atoms
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.rows import rows_of
from qkdrp.training.features import Feature, Features
from qkdrp.training.wholes import Whole

SHOWN = 4
"""Drugs that are explained where none is asked for: those with the most pairs."""


def molecules_to_explain(
    preprocessor: Preprocessor, pairs: PairData, names: Sequence[str] | None, n_lines: int
) -> list[Whole]:
    """Return drugs whose predictions are explained atom by atom, each for the same lines.

    Args:
        preprocessor: Of the model.
        pairs: Pairs that the model was not trained on; their lines and drugs are taken.
        names: Ids or names of drugs; None for those with the most pairs.
        n_lines: Lines at most, spread evenly over those of the pairs.

    Raises:
        ConfigError: If no pair has a drug of that name.
    """
    used = pairs.compact()
    rows = rows_of(preprocessor, used)
    places = _most_measured(used) if names is None else [_place(used.drugs, each) for each in names]
    chosen = np.unique(np.linspace(0, len(used.lines) - 1, n_lines).round().astype(np.int64))
    lines = rows.lines[torch.from_numpy(chosen)]
    found = []
    for place in dict.fromkeys(places):
        drug = torch.full((len(lines),), place)
        atoms = padded_atoms(rows.drugs, drug)
        smiles, number = str(used.drugs.smiles[place]), str(used.drugs.ids[place])
        symbols = [atom.GetSymbol() for atom in read_molecule(smiles, number).GetAtoms()]
        named = [f"{symbol}{atom}" for atom, symbol in enumerate(symbols)]
        features = tuple(Feature(name, (atom,), ATOMS) for atom, name in enumerate(named))
        reference = reference_of(preprocessor.features, rows.drugs, len(symbols))
        found.append(
            Whole(
                name=number,
                title=str(used.drugs.names[place]),
                parts=pd.DataFrame({"atom": np.arange(len(symbols)), "symbol": symbols}),
                features=Features(features, reference, "atom"),
                inputs=(lines, atoms, drug),
                row_model=partial(PairRowModel, graphs=rows.drugs),
                draw=partial(draw_molecule, smiles, number),
                noun="atom",
            )
        )
    return found


def _most_measured(pairs: PairData) -> list[int]:
    counts = np.bincount(pairs.drug, minlength=len(pairs.drugs))
    order: list[int] = np.argsort(-counts, kind="stable").tolist()
    return order[:SHOWN]


def _place(drugs: Drugs, name: str) -> int:
    """Return the place of a drug by its id, or by its name in any case."""
    by_name = {each.casefold(): place for place, each in enumerate(drugs.names.tolist())}
    by_id = {each: place for place, each in enumerate(drugs.ids.tolist())}
    place = by_id.get(name, by_name.get(name.casefold()))
    if place is None:
        known = [*drugs.names.tolist(), *drugs.ids.tolist()]
        raise ConfigError(
            f"drug {name!r} is in none of the held-out pairs (--data gives others): "
            f"{choose_one_of(name, dict.fromkeys(known))}"
        )
    return place
