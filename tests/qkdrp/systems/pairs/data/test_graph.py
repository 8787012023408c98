import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.pairs.data.graph import (
    N_ATOM_FEATURES,
    fingerprints,
    largest_fragment,
    molecules_of,
)
from qkdrp.systems.pairs.data.molecules import Molecules


def graph(*smiles: str) -> Molecules:
    names = np.array([f"drug{index}" for index in range(len(smiles))])
    return molecules_of(np.array(smiles), names)


def ones(molecules: Molecules) -> list[set[int]]:
    return [set(np.flatnonzero(row).tolist()) for row in molecules.atoms]


def test_ethanol() -> None:
    molecules = graph("CCO")
    assert ones(molecules) == [{0, 45, 58, 69}, {0, 46, 57, 68}, {2, 45, 56, 67}]
    assert molecules.bonds.T.tolist() == [[0, 1], [1, 0], [1, 2], [2, 1]]


def test_pyridine_is_aromatic() -> None:
    molecules = graph("c1ccncc1")
    assert molecules.atoms.sum(axis=1).tolist() == [5] * 6
    assert {1, 46, 55, 66, 77} in ones(molecules)


def test_a_salt_is_two_atoms_without_bonds() -> None:
    molecules = graph("[NH4+].[Cl-]")
    assert ones(molecules) == [{1, 44, 59, 66}, {7, 44, 55, 66}]
    assert molecules.bonds.shape == (2, 0)


def test_a_rare_element_is_unknown() -> None:
    assert 43 in ones(graph("[U]"))[0]


def test_more_than_ten_neighbours_are_refused() -> None:
    with pytest.raises(DataError, match=r"'drug0'.*11 neighbours"):
        graph("[Au](F)(F)(F)(F)(F)(F)(F)(F)(F)(F)F")


@pytest.mark.parametrize("smiles", ["C1CC", "not a molecule", ""])
def test_an_unreadable_smiles_is_named(smiles: str) -> None:
    with pytest.raises(DataError, match=rf"drug 'drug1': RDKit reads no molecule.*'{smiles}'"):
        graph("CCO", smiles)


def test_molecules_are_selected_with_their_bonds() -> None:
    molecules, alone = graph("CCO", "C", "c1ccncc1"), graph("c1ccncc1")
    chosen = molecules.select(np.array([2, 1]))
    assert chosen.n_atoms.tolist() == [6, 1]
    np.testing.assert_array_equal(chosen.bonds, alone.bonds)
    np.testing.assert_array_equal(chosen.atoms[:6], alone.atoms)
    np.testing.assert_array_equal(chosen.sums()[0], alone.atoms.sum(axis=0))
    assert molecules.atoms.shape[1] == N_ATOM_FEATURES


def test_the_largest_fragment_of_a_salt() -> None:
    assert largest_fragment("Cl.CCO", "salt") == "CCO"


def test_fingerprints_tell_molecules_apart() -> None:
    bits = fingerprints(np.array(["CCO", "CCO", "CCN"]), np.array(["a", "b", "c"]))
    assert bits.shape == (3, 2048)
    assert (bits[0] == bits[1]).all()
    assert (bits[0] != bits[2]).any()
