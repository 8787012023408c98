import pytest

from qkdrp.circuits import MEASUREMENTS
from qkdrp.circuits.observables import observables_of


def labels(name: str, n_qubits: int) -> list[str]:
    """Strings with qubit 0 at the right, as Qiskit writes them."""
    observables = observables_of(MEASUREMENTS[name], n_qubits)
    return [label for each in observables for label in each.paulis.to_labels()]


def test_strings_and_their_order() -> None:
    assert labels("multi", 3) == ["IIZ", "IZI", "ZII"]
    assert labels("single", 3) == ["IIZ"]
    assert labels("paulis", 2) == ["IX", "XI", "IY", "YI", "IZ", "ZI", "ZZ", "ZZ"]
    assert labels("paulis", 3)[9:] == ["IZZ", "ZZI", "ZIZ"]


@pytest.mark.parametrize(("name", "count"), [("multi", 5), ("single", 1), ("paulis", 20)])
def test_numbers_of_outputs(name: str, count: int) -> None:
    assert MEASUREMENTS[name].n_outputs(5) == count


def test_only_single_gathers() -> None:
    gathered = {name: each.gather(3) for name, each in MEASUREMENTS.items()}
    assert gathered == {"multi": [], "single": [(1, 0), (2, 0)], "paulis": []}
