"""The embedded pairs: made-up responses to real molecules, with a known noise ceiling."""

from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.systems.pairs.data.graph import STARTS, molecules_of
from qkdrp.systems.pairs.data.molecules import Molecules
from qkdrp.systems.pairs.data.pair_data import Drugs, Lines, PairData
from qkdrp.systems.pairs.target import AUC, LN_IC50, Target

N_LINES, N_FEATURES, N_ACTIVE = 250, 160, 12
"""Cell lines, their features, and those that the response depends on."""

ONES = 0.12
"""Share of features that are 1."""

MEASURED = 0.85
"""Share of pairs that are measured."""

TISSUES = ("blood", "breast", "colon", "kidney", "lung", "skin")
"""Made-up tissues; some features are more frequent in some of them."""

MEAN, DRUG_SD, LINE_SD, INTERACTION_SD, NOISE_SD = 2.0, 2.0, 0.7, 1.0, 0.7
"""Mean of ln IC50, and standard deviations of its parts."""

_SEED = 20231115


def synthetic_pairs(measure: str = LN_IC50) -> PairData:
    """Return the embedded pairs, the same numbers every time.

    ln IC50 is the sum of an effect of the drug, an effect of the line, an interaction of mutations
    with what a molecule is made of, and noise. Drug effects depend on the molecule in part.

    Args:
        measure: ``ln_ic50``; ``auc`` gives a number in (0, 1) in its place.
    """
    pairs, _ = synthetic_with_signal(measure)
    return pairs


def synthetic_with_signal(measure: str = LN_IC50) -> tuple[PairData, NDArray[np.float64]]:
    """Return the embedded pairs and their noise-free values, shape (n_pairs,)."""
    rng = np.random.default_rng(_SEED)
    drugs = _drugs()
    lines = _lines(rng)
    of_molecule = _standard(_composition(drugs.molecules))
    of_line = _standard(lines.matrix[:, :N_ACTIVE].astype(np.float64))
    drug_effect = DRUG_SD * _unit(
        of_molecule @ rng.standard_normal(of_molecule.shape[1])
        + 2 * rng.standard_normal(len(drugs))
    )
    line_effect = LINE_SD * _unit(of_line @ rng.standard_normal(N_ACTIVE))
    weights = rng.standard_normal((N_ACTIVE, of_molecule.shape[1]))
    interaction = INTERACTION_SD * _unit(of_line @ weights @ of_molecule.T)
    signal = MEAN + drug_effect + line_effect[:, np.newaxis] + interaction
    value = signal + NOISE_SD * rng.standard_normal(signal.shape)
    line, drug = np.nonzero(rng.random(signal.shape) < MEASURED)
    signal, value = signal[line, drug], value[line, drug]
    if measure == AUC:
        signal, value = (Target(exponent=-0.3).of(each) for each in (signal, value))
    ceiling = float(np.mean((Target().of(signal) - Target().of(value)) ** 2))
    best = (
        f"the best possible MSE of t is about {ceiling:.5f}" if measure == LN_IC50 else "of areas"
    )
    pairs = PairData(
        lines=lines,
        drugs=drugs,
        line=line.astype(np.int64),
        drug=drug.astype(np.int64),
        value=value,
        synthetic=True,
        provenance=f"SYNTHETIC embedded pairs (made-up responses to real molecules; {best})",
        measure=measure,
    )
    return pairs, signal


def _drugs() -> Drugs:
    """Return medicines that have been in the public domain for long."""
    with (files(__package__) / "synthetic_drugs.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    names = table["drug"].to_numpy(dtype=np.str_)
    smiles = table["smiles"].to_numpy(dtype=np.str_)
    return Drugs(names, names, smiles, molecules_of(smiles, names))


def _lines(rng: np.random.Generator) -> Lines:
    tissue = rng.integers(len(TISSUES), size=N_LINES)
    share = ONES * np.exp(0.8 * rng.standard_normal((len(TISSUES), N_FEATURES)))
    values = rng.random((N_LINES, N_FEATURES)) < np.clip(share, 0.02, 0.6)[tissue]
    return Lines(
        np.array([f"L{number:03d}" for number in range(N_LINES)]),
        np.array([f"M{number:03d}_mut" for number in range(N_FEATURES)]),
        values.astype(np.float32),
        np.array(TISSUES)[tissue],
    )


def _composition(molecules: Molecules) -> NDArray[np.float64]:
    """Return what a molecule is made of, a few numbers each, shape (n_drugs, 6)."""
    sums = molecules.sums()
    nitrogen, oxygen, sulphur, fluorine = (sums[:, STARTS["element"] + k] for k in (1, 2, 3, 4))
    halogens = fluorine + sums[:, 7] + sums[:, 8]
    aromatic = sums[:, STARTS["aromatic"]] / molecules.n_atoms
    return np.column_stack(
        [np.log(molecules.n_atoms), aromatic, nitrogen > 2, oxygen > 2, sulphur > 0, halogens > 0]
    ).astype(np.float64)


def _standard(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = columns.std(axis=0)
    found: NDArray[np.float64] = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return found


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = (values - values.mean()) / values.std()
    return found
