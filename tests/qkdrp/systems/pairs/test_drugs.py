import numpy as np
import pytest
import torch
from torch_geometric.nn import GCNConv, global_max_pool  # the reference

from qkdrp.systems.pairs.data.graph import molecules_of
from qkdrp.systems.pairs.data.synthetic import synthetic_pairs
from qkdrp.systems.pairs.drugs import DrugBranch
from qkdrp.systems.pairs.rows import Graphs

ROUNDING = 1e-6  # the spec measured 1e-7 on outputs of 0.02; these weights are other ones


def graphs(*smiles: str, atom_rows: str = "binary") -> Graphs:
    names = np.array([f"drug{index}" for index in range(len(smiles))])
    return Graphs.of(molecules_of(np.array(smiles), names), atom_rows)


def every(graphs: Graphs) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return graphs.take(torch.arange(len(graphs.atom_starts) - 1))


@pytest.fixture
def plain() -> GCNConv:
    layer = GCNConv(78, 78)
    with torch.no_grad():
        layer.lin.weight.copy_(torch.eye(78))
    return layer


def test_a_graph_convolution_of_ethanol(plain: GCNConv) -> None:
    atoms, bonds, molecule = every(graphs("CCO"))
    found = plain(atoms, bonds)
    root = 1 / np.sqrt(6)
    np.testing.assert_allclose(found[:, 0].detach(), [0.5 + root, 1 / 3 + root, root], atol=1e-6)
    np.testing.assert_allclose(found[:, 2].detach(), [0, root, 0.5], atol=1e-6)
    assert float(global_max_pool(found, molecule).sum().detach()) == pytest.approx(
        5.449490, abs=1e-6
    )


def test_an_atom_without_bonds_stays(plain: GCNConv) -> None:
    atoms, bonds, _ = every(graphs("C"))
    assert bonds.shape == (2, 0)
    np.testing.assert_allclose(plain(atoms, bonds).detach(), atoms, atol=1e-7)


def test_the_number_of_parameters() -> None:
    assert sum(weights.numel() for weights in DrugBranch().parameters()) == 519_182


def test_rows_are_divided_by_their_sum() -> None:
    atoms = graphs("c1ccncc1", "CCO", atom_rows="normalised").atoms
    np.testing.assert_allclose(atoms.sum(dim=1), 1, rtol=1e-6)
    assert float(atoms[0].max()) == pytest.approx(1 / 5)


def by_hand(
    branch: DrugBranch, atoms: torch.Tensor, bonds: torch.Tensor, molecule: torch.Tensor
) -> torch.Tensor:
    """``(A X) W`` with a dense adjacency, as Kipf and Welling write it."""
    adjacency = torch.eye(len(atoms))
    adjacency[bonds[0], bonds[1]] = 1
    scale = adjacency.sum(dim=1).rsqrt()
    adjacency = scale[:, None] * adjacency * scale
    for layer in branch.convolutions:
        atoms = torch.relu((adjacency @ atoms) @ layer.lin.weight.T + layer.bias)
    n_molecules = int(molecule[-1]) + 1
    pooled = torch.stack([atoms[molecule == k].amax(dim=0) for k in range(n_molecules)])
    found: torch.Tensor = branch.dense(pooled)
    return found


def test_it_agrees_with_the_formula() -> None:
    torch.manual_seed(1)
    branch, inputs = DrugBranch(), every(graphs("CCO", "CC(=O)Oc1ccccc1C(=O)O", "[NH4+].[Cl-]"))
    found, expected = branch(*inputs), by_hand(branch, *inputs)
    torch.testing.assert_close(found, expected, atol=ROUNDING, rtol=0)
    gradients = [
        torch.autograd.grad(each.square().sum(), list(branch.parameters()), retain_graph=True)
        for each in (found, expected)
    ]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_gradients_are_those_of_the_formula_where_atoms_tie() -> None:
    torch.manual_seed(3)
    branch, inputs = DrugBranch(), every(graphs("c1ccccc1", "CC(C)(C)C", "Clc1cc(Cl)cc(Cl)c1"))
    weights = torch.randn(3, 128)
    gradients = [
        torch.autograd.grad((each * weights).sum(), list(branch.parameters()))
        for each in (branch(*inputs), by_hand(branch, *inputs))
    ]
    for one, other in zip(*gradients, strict=True):
        assert (one - other).norm() < 1e-5 * other.norm()


def test_neither_order_of_atoms_nor_company_matters() -> None:
    torch.manual_seed(2)
    branch = DrugBranch().eval()
    alone = branch(*every(graphs("CC(=O)Oc1ccccc1C(=O)O")))
    written_otherwise = branch(*every(graphs("O=C(O)c1ccccc1OC(C)=O")))
    among = branch(*every(graphs("CCO", "CC(=O)Oc1ccccc1C(=O)O", "C")))[1:2]
    torch.testing.assert_close(alone, written_otherwise, atol=1e-7, rtol=0)
    torch.testing.assert_close(alone, among, atol=1e-7, rtol=0)


def test_any_molecules_can_be_taken() -> None:
    pairs = synthetic_pairs()
    whole = Graphs.of(pairs.drugs.molecules, "binary")
    places = torch.tensor([7, 0, 7, 39])
    atoms, bonds, molecule = whole.take(places)
    expected = Graphs.of(pairs.drugs.molecules.select(places.numpy()), "binary")
    torch.testing.assert_close(atoms, expected.atoms)
    torch.testing.assert_close(bonds, expected.bonds)
    assert molecule.bincount().tolist() == pairs.drugs.molecules.n_atoms[places].tolist()
