"""Molecules as graphs: 78 features of each heavy atom, and bonds in both directions (RDKit).

The features are those of GraphDRP: element, heavy neighbours, hydrogens, implicit valence and
aromaticity, one column for each value. Hydrogens are implicit and no node.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.data.molecules import Molecules

if TYPE_CHECKING:
    from rdkit.Chem import Atom, Mol

_SYMBOLS = (
    "C N O S F Si P Cl Br Mg Na Ca Fe As Al I B V K Tl Yb Sb Sn Ag Pd Co Se Ti Zn H Li Ge Cu Au Ni "
    "Cd In Mn Zr Cr Pt Hg Pb"
)

ELEMENTS = tuple(_SYMBOLS.split())
"""Elements with a column of their own; the column after them is for all others."""

LARGEST = 10
"""Largest degree; larger numbers of hydrogens and implicit valences count as this one."""

STARTS = {"element": 0, "degree": 44, "hydrogens": 55, "implicit_valence": 66, "aromatic": 77}
"""First column of each group of features."""

N_ATOM_FEATURES = 78
"""Columns of an atom."""

_PLACES = {symbol: place for place, symbol in enumerate(ELEMENTS)}


def molecules_of(smiles: NDArray[np.str_], drugs: NDArray[np.str_]) -> Molecules:
    """Return the graphs of molecules.

    Args:
        smiles: Shape (n_drugs,).
        drugs: Ids for messages, same shape.

    Raises:
        DataError: If RDKit cannot read one; names drug and text.
    """
    pairs = zip(smiles.tolist(), drugs.tolist(), strict=True)
    return Molecules.joined([_graph_of(read_molecule(text, drug), drug) for text, drug in pairs])


def read_molecule(smiles: str, drug: str) -> "Mol":
    """Return a molecule of RDKit.

    Raises:
        DataError: If the text is no molecule, or one without atoms.
    """
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or not molecule.GetNumAtoms():
        raise DataError(
            f"drug {shown(drug)}: RDKit reads no molecule from the SMILES {shown(smiles)}; correct "
            "it, or leave it blank to leave the drug out."
        )
    return molecule


def largest_fragment(smiles: str, drug: str) -> str:
    """Return the SMILES of the fragment with the most heavy atoms; the first of equal ones.

    Raises:
        DataError: If RDKit cannot read the text.
    """
    from rdkit import Chem

    fragments = Chem.GetMolFrags(read_molecule(smiles, drug), asMols=True)
    return str(Chem.MolToSmiles(max(fragments, key=lambda each: each.GetNumHeavyAtoms())))


def fingerprints(smiles: NDArray[np.str_], drugs: NDArray[np.str_]) -> NDArray[np.uint8]:
    """Return Morgan fingerprints of radius 2, shape (n_drugs, 2048)."""
    from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator

    generator = GetMorganGenerator(radius=2, fpSize=2048)
    pairs = zip(smiles.tolist(), drugs.tolist(), strict=True)
    found = [generator.GetFingerprintAsNumPy(read_molecule(text, drug)) for text, drug in pairs]
    return np.stack(found).astype(np.uint8)


def _graph_of(molecule: "Mol", drug: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return atom features, shape (n_atoms, 78), and bonds, shape (2, 2 n_bonds)."""
    atoms = np.stack([_atom_row(atom, drug) for atom in molecule.GetAtoms()])
    ends = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in molecule.GetBonds()]
    both = [pair for begin, end in ends for pair in ((begin, end), (end, begin))]
    return atoms, np.array(both, dtype=np.int64).reshape(-1, 2).T


def _atom_row(atom: "Atom", drug: str) -> NDArray[np.uint8]:
    """Return the features of one atom, shape (78,), each 0 or 1."""
    from rdkit.Chem import ValenceType

    degree: int = atom.GetDegree()
    if degree > LARGEST:
        raise DataError(
            f"drug {shown(drug)}: found an atom with {degree} neighbours, expected at most "
            f"{LARGEST}; leave the drug out."
        )
    counts: dict[str, Any] = {
        "element": _PLACES.get(atom.GetSymbol(), len(ELEMENTS)),
        "degree": degree,
        "hydrogens": min(atom.GetTotalNumHs(), LARGEST),
        "implicit_valence": min(atom.GetValence(ValenceType.IMPLICIT), LARGEST),
    }
    row = np.zeros(N_ATOM_FEATURES, dtype=np.uint8)
    row[[STARTS[name] + place for name, place in counts.items()]] = 1
    row[STARTS["aromatic"]] = atom.GetIsAromatic()
    return row
