"""The features of a model of pairs: those of the line by name, and the molecule as a whole."""

from functools import partial

import torch

from qkdrp.systems.pairs.explain.row_model import ATOMS, DRUG, PairRowModel, padded_atoms
from qkdrp.systems.pairs.preprocess import FeatureTransform, Preprocessor
from qkdrp.systems.pairs.rows import Graphs, PairRows
from qkdrp.training.features import Feature, Features, RowView, column_features

MOLECULE = "the drug's molecule"
"""Name of the one feature that is not of the line."""


def pair_features(preprocessor: Preprocessor, rows: PairRows) -> Features:
    """Return the features of lines, and the molecule; the reference is an average pair.

    It is a line with the training means, and a molecule each of whose atoms is the mean atom of the
    molecules in the rows.

    Args:
        preprocessor: Of the model.
        rows: The pairs that are explained.
    """
    line, drug = rows.inputs
    inputs = rows.lines[line], padded_atoms(rows.drugs, drug), drug
    names = [str(name) for name in preprocessor.features.names]
    molecule = Feature(MOLECULE, (), ATOMS, along=(DRUG,))
    return Features(
        (*column_features(names), molecule),
        reference_of(preprocessor.features, rows.drugs, inputs[ATOMS].shape[1]),
        noun="feature",
        view=RowView(inputs, partial(PairRowModel, graphs=rows.drugs)),
    )


def reference_of(
    features: FeatureTransform, drugs: Graphs, n_atoms: int
) -> tuple[torch.Tensor, ...]:
    """Return the inputs of an average pair.

    Args:
        features: Of lines.
        drugs: The molecules that the mean atom is of.
        n_atoms: Atoms of the reference.
    """
    line = torch.as_tensor((features.fill - features.mean) / features.scale, dtype=torch.float32)
    atoms = drugs.atoms.mean(dim=0).expand(1, n_atoms, -1)
    return line[None], atoms, torch.zeros(1, dtype=torch.int64)
