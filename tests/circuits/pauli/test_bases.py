import numpy as np
import pytest
from qiskit.quantum_info import Operator, SparsePauliOp

from qkdrp.backends.isa.basis_change import basis_change
from qkdrp.circuits import PnuSpec, PQCSpec, build_pqc
from qkdrp.circuits.pauli.bases import count_bases, find_bases, group_strings
from qkdrp.common.errors import BackendError
from tests.circuits.random_sums import random_sum


@pytest.mark.parametrize("seed", range(10))
def test_parts_turned_back_add_up_to_the_observables(seed: int) -> None:
    rng = np.random.default_rng(seed)
    observables = [random_sum(3, 5, rng) for _ in range(3)]
    bases = find_bases(observables)
    total = np.zeros((3, 8, 8), dtype=complex)
    for basis in bases:
        turn = Operator(basis_change(basis, ("rz", "sx"))).data
        for index, part in basis.parts.items():
            assert not part.paulis.x.any()
            total[index] += turn.conj().T @ part.to_matrix() @ turn
    expected = [each.to_matrix() for each in observables]
    np.testing.assert_allclose(total, expected, rtol=0, atol=1e-12)
    assert count_bases(observables) == len(bases) > 1


def test_each_string_is_in_one_group_and_groups_commute_qubit_by_qubit(
    rng: np.random.Generator,
) -> None:
    labels = random_sum(4, 30, rng).paulis.to_labels()
    groups = [group.to_labels() for group in group_strings(labels)]
    assert sorted(label for group in groups for label in group) == sorted(set(labels))
    for group in groups:
        for letters in zip(*group, strict=True):
            assert len({*letters} - {"I"}) <= 1


@pytest.mark.parametrize("measurement", ["multi", "single"])
def test_strings_of_z_are_one_basis_and_stay_as_they_are(measurement: str) -> None:
    observables = build_pqc(PQCSpec(4, 2, 1, measurement, absorb_tail=True)).observables
    (basis,) = find_bases(observables)
    assert basis.turned == ()
    assert all(basis.parts[n] is each for n, each in enumerate(observables))


def test_letters_count_from_qubit_0() -> None:
    (basis,) = find_bases([SparsePauliOp("IXY"), SparsePauliOp("IXI")])
    assert basis.letters == "YXI"
    assert basis.turned == ((0, "Y"), (1, "X"))
    assert basis.qubits_read == (0, 1)
    assert find_bases([SparsePauliOp("ZII"), SparsePauliOp("III")])[0].qubits_read == (2,)


def test_nothing_is_read_in_no_basis() -> None:
    assert find_bases(()) == ()
    with pytest.raises(BackendError, match="without terms"):
        find_bases([SparsePauliOp("ZI"), SparsePauliOp("XI")[:0]])


@pytest.mark.parametrize("n_qubits", [2, 4, 6, 8, 12])
def test_tails_absorbed_take_two_bases_more_than_qubits(n_qubits: int) -> None:
    built, absorbed = (
        build_pqc(PnuSpec(n_qubits, 2, absorb_tail=tail)).observables for tail in (False, True)
    )
    assert (count_bases(built), count_bases(absorbed)) == (3, n_qubits + 2)
