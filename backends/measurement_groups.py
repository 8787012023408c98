"""How many executions one point of a circuit takes where it is measured."""

from qiskit.quantum_info import PauliList

from qkdrp.circuits import PQC


def measurement_groups(pqc: PQC) -> int:
    """Return into how many groups the Pauli terms of a circuit's observables fall.

    Terms of one group commute qubit by qubit: one execution measures them all. Sums of Z terms are
    one group.

    Args:
        pqc: The circuit with its observables.
    """
    terms = {term for each in pqc.observables for term in each.paulis.to_labels()}
    return len(PauliList(sorted(terms)).group_commuting(qubit_wise=True))
