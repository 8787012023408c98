from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from qkdrp.circuits import PQCSpec
from qkdrp.common.errors import CircuitError, QkdrpError

SPEC = PQCSpec(4, 2, 1)


def test_derived_sizes_of_the_depth_infused_layer() -> None:
    spec = PQCSpec(8, 32, 5, "single")
    assert (spec.n_inputs, spec.n_weights, spec.n_outputs) == (256, 1320, 1)


def test_multi_reads_every_qubit() -> None:
    assert PQCSpec(6, 1, 1).n_outputs == 6


def test_specs_are_frozen_values() -> None:
    assert PQCSpec(4, 2, 1) == SPEC
    assert hash(PQCSpec(4, 2, 1)) == hash(SPEC)
    with pytest.raises(FrozenInstanceError):
        SPEC.n_qubits = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n_qubits", 1),
        ("n_qubits", 0),
        ("n_qubits", -4),
        ("n_qubits", True),
        ("n_qubits", 4.0),
        ("n_qubits", "4"),
        ("n_qubits", None),
        ("n_encoding", 0),
        ("n_encoding", True),
        ("n_encoding", 2.0),
        ("n_variational", 0),
        ("n_variational", True),
        ("n_variational", 1.5),
        ("measurement", "double"),
        ("measurement", None),
        ("entangler", "star"),
        ("entangler", ""),
    ],
)
def test_a_wrong_value_is_named_with_its_field(field: str, value: object) -> None:
    with pytest.raises(CircuitError) as caught:
        replace(SPEC, **{field: value})
    assert f"{field} = {value!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "choices"),
    [("measurement", ["multi", "single"]), ("entangler", ["ring", "linear", "brick"])],
)
def test_an_unknown_choice_lists_the_choices(field: str, choices: list[str]) -> None:
    with pytest.raises(CircuitError) as caught:
        replace(SPEC, **{field: "other"})
    assert all(choice in str(caught.value) for choice in choices)


@pytest.mark.parametrize("value", ["no", None, 2])
def test_absorbing_is_true_or_false(value: object) -> None:
    with pytest.raises(CircuitError, match=r"absorb_tail = .*: expected True or False"):
        replace(SPEC, absorb_tail=value)


def test_a_circuit_error_is_a_value_error_of_the_family() -> None:
    assert issubclass(CircuitError, QkdrpError)
    assert issubclass(CircuitError, ValueError)


def test_sizes_may_be_numpy_integers() -> None:
    assert PQCSpec(np.int64(4), 1, 1) == PQCSpec(4, 1, 1)
    assert type(PQCSpec(np.int64(4), 1, 1).n_qubits) is int


def test_a_choice_that_cannot_be_hashed_is_refused_too() -> None:
    with pytest.raises(CircuitError, match="measurement = "):
        PQCSpec(4, 1, 1, measurement=["multi"])  # type: ignore[arg-type]
