"""Molecules drawn with a colour for each atom's attribution (RDKit)."""

from typing import Any

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from qkdrp.systems.pairs.data.graph import read_molecule

WIDTH, HEIGHT = 520, 400
"""Pixels of a drawing."""

COLOURS = "PuOr_r"
"""Colour map of Matplotlib, told apart by every reader: purple lowers, orange raises."""

PALEST = 0.6
"""Share of the colour map that is used, so that atoms stay readable."""


def draw_molecule(smiles: str, drug: str, values: NDArray[np.float64]) -> dict[str, bytes]:
    """Return drawings of a molecule as PNG and SVG.

    Atoms that raise the prediction are orange, those that lower it purple; the deepest colour is
    the largest size of a value in the molecule. Numbers are those of tables.

    Args:
        smiles: The molecule.
        drug: Id for messages.
        values: One for each heavy atom, shape (n_atoms,).
    """
    from rdkit.Chem.Draw import rdMolDraw2D

    molecule = read_molecule(smiles, drug)
    largest = float(np.abs(values).max())
    shares = values / largest if largest > 0 else np.zeros_like(values)
    colours = {
        atom: tuple(map(float, colormaps[COLOURS](0.5 + 0.5 * PALEST * share)[:3]))
        for atom, share in enumerate(shares.tolist())
    }
    found = {}
    for ending, kind in (
        ("png", rdMolDraw2D.MolDraw2DCairo),
        ("svg", rdMolDraw2D.MolDraw2DSVG),
    ):
        drawing = kind(WIDTH, HEIGHT)
        options: Any = drawing.drawOptions()  # its stubs tell no type of its fields
        options.addAtomIndices = True
        options.useBWAtomPalette()
        options.highlightBondWidthMultiplier = 1
        rdMolDraw2D.PrepareAndDrawMolecule(
            drawing,
            molecule,
            highlightAtoms=list(colours),
            highlightAtomColors=colours,
            highlightBonds=[],
        )
        drawing.FinishDrawing()
        text = drawing.GetDrawingText()
        found[ending] = text if isinstance(text, bytes) else text.encode()
    return found
