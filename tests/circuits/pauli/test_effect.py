import numpy as np
import pytest
from hypothesis import given, settings

from qkdrp.circuits import PQCSpec, build_pqc, compile_program
from qkdrp.circuits.pauli.effect import effective, idle_weights
from tests.circuits.random_circuits import Case, case_values, cases


def effective_of(spec: PQCSpec) -> np.ndarray:
    pqc = build_pqc(spec)
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    sources = program.source[effective(program)]
    return np.isin(np.arange(spec.n_inputs + spec.n_weights), sources)


def test_every_parameter_of_the_multi_readout_has_an_effect() -> None:
    assert effective_of(PQCSpec(4, 2, 1)).all()


@pytest.mark.parametrize(("n_qubits", "without"), [(4, 2), (8, 4)])
def test_the_single_readout_leaves_out_odd_qubits_of_the_last_layer(
    n_qubits: int, without: int
) -> None:
    spec = PQCSpec(n_qubits, 2, 1, "single")
    found = effective_of(spec)
    assert (~found[: spec.n_inputs]).sum() == without
    assert effective_of(PQCSpec(n_qubits, 2, 2, "single"))[: spec.n_inputs].all()


def test_24_weights_of_the_deep_single_readout_are_idle() -> None:
    pqc = build_pqc(PQCSpec(8, 32, 5, "single"))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    qubits = {160: (1, 2, 3, 4, 5, 7), 161: (1, 2, 3, 4), 162: (1, 2, 3, 5, 6, 7),
              163: (1, 2, 5, 6), 164: (1, 3, 5, 7)}  # fmt: skip
    expected = [8 * layer + qubit for layer, each in qubits.items() for qubit in each]
    assert idle_weights(program).tolist() == expected


def test_no_weight_of_the_multi_readout_is_idle() -> None:
    pqc = build_pqc(PQCSpec(4, 2, 1))
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    assert not len(idle_weights(program))


def test_leading_rz_is_a_global_phase() -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    circuit = pqc.circuit.copy_empty_like()
    circuit.rz(pqc.inputs[0], 0)
    circuit.compose(pqc.circuit.assign_parameters({pqc.inputs[0]: 0.3}), inplace=True)
    program = compile_program(circuit, pqc.observables, pqc.inputs, pqc.weights)
    assert not effective(program)[0]


@settings(max_examples=30)
@given(cases())
def test_parameters_without_effective_rotations_change_nothing(case: Case) -> None:
    program = compile_program(case.circuit, case.observables, case.inputs, case.weights)
    idle = ~np.isin(np.arange(len(case.inputs)), program.source[effective(program)])
    moved = case._replace(points=case.points + idle * 1.234)
    np.testing.assert_allclose(case_values(moved), case_values(case), rtol=0, atol=1e-10)
