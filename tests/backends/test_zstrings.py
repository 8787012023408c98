import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from qkdrp.backends.zstrings import check_z_strings, eigenvalues, has_only_z
from qkdrp.common.errors import BackendError


def test_eigenvalues_count_qubit_0_as_the_lowest_bit() -> None:
    assert eigenvalues(SparsePauliOp("IZ")).tolist() == [1, -1, 1, -1]
    assert eigenvalues(SparsePauliOp("ZI")).tolist() == [1, 1, -1, -1]


@pytest.mark.parametrize("labels", [["ZIZ"], ["III", "ZZZ"], ["IZI", "ZII", "IZZ"]])
def test_eigenvalues_are_the_diagonal(labels: list[str]) -> None:
    observable = SparsePauliOp(labels, np.arange(1.0, 1 + len(labels)))
    np.testing.assert_array_equal(eigenvalues(observable), observable.to_matrix().diagonal().real)


@pytest.mark.parametrize("label", ["XIZ", "IIY"])
def test_other_letters_are_refused(label: str) -> None:
    assert not has_only_z(SparsePauliOp(label))
    with pytest.raises(BackendError, match="expected Z strings"):
        eigenvalues(SparsePauliOp(label))


def test_an_observable_has_terms() -> None:
    with pytest.raises(BackendError, match="without terms"):
        check_z_strings(SparsePauliOp(["ZI"])[:0])
