"""Test pairs that a run keeps, with the lines and drugs that they have."""

from typing import Any

import numpy as np

from qkdrp.systems.pairs.data.molecules import Molecules
from qkdrp.systems.pairs.data.pair_data import Drugs, Lines, PairData
from qkdrp.training.stored_state import State

_OF_PAIRS, _OF_MOLECULES = ("line", "drug", "value"), ("atoms", "bonds", "n_atoms", "n_ends")
_TEXTS = ("synthetic", "provenance", "measure")


def state_of(pairs: PairData) -> State:
    """Return pairs as they were measured."""
    used = pairs.compact()
    molecules, tissues = used.drugs.molecules, used.lines.tissues
    arrays = {f"pairs.{name}": getattr(used, name) for name in _OF_PAIRS}
    arrays |= {f"molecules.{name}": getattr(molecules, name) for name in _OF_MOLECULES}
    arrays["lines.matrix"] = used.lines.matrix
    details = {
        "lines": used.lines.ids.tolist(),
        "features": used.lines.features.tolist(),
        "tissues": None if tissues is None else tissues.tolist(),
        "drugs": used.drugs.ids.tolist(),
        "names": used.drugs.names.tolist(),
        "smiles": used.drugs.smiles.tolist(),
        **{name: getattr(used, name) for name in _TEXTS},
    }
    return State(arrays, {"pairs": details})


def pairs_of(state: State) -> PairData:
    """Make pairs again from what :func:`state_of` returned.

    Raises:
        KeyError: If the state lacks something.
        ValueError: If arrays do not fit together.
    """
    texts, arrays = state.details["pairs"], state.arrays
    named = {
        name: np.array(texts[name], dtype=np.str_)
        for name in ("lines", "features", "drugs", "names", "smiles")
    }
    tissues = texts["tissues"]
    molecules = Molecules(*(arrays[f"molecules.{name}"] for name in _OF_MOLECULES))
    of_pairs: dict[str, Any] = {name: arrays[f"pairs.{name}"] for name in _OF_PAIRS}
    of_pairs |= {name: texts[name] for name in _TEXTS}
    return PairData(
        Lines(
            named["lines"],
            named["features"],
            arrays["lines.matrix"],
            None if tissues is None else np.array(tissues, dtype=np.str_),
        ),
        Drugs(named["drugs"], named["names"], named["smiles"], molecules),
        **of_pairs,
    )
