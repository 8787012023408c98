"""SupermarQ features of a circuit: critical depth and parallelism."""

from qiskit import QuantumCircuit

from qkdrp.circuits.instructions import qubits_of


def critical_depth(circuit: QuantumCircuit) -> float:
    """Return the share of two-qubit gates that lie on a longest path, 0 to 1.

    SupermarQ's critical depth ``n_ed / n_e`` (Tomesh et al. 2022, arXiv 2202.11045). Of several
    longest paths, the one with the most two-qubit gates counts.

    Args:
        circuit: Barriers are left out.
    """
    longest = [(0, 0)] * circuit.num_qubits
    total = 0
    for instruction in circuit.data:
        if instruction.name == "barrier":
            continue
        on = qubits_of(circuit, instruction)
        two = int(len(on) > 1)
        total += two
        depth, on_path = max(longest[q] for q in on)
        for q in on:
            longest[q] = depth + 1, on_path + two
    return max(longest, default=(0, 0))[1] / total if total else 0.0


def parallelism(circuit: QuantumCircuit) -> float:
    """Return how much of a circuit happens at the same time, 0 to 1.

    SupermarQ's parallelism ``(n_g / d - 1) / (n - 1)`` for n_g gates in depth d on n qubits (Tomesh
    et al. 2022, arXiv 2202.11045).

    Args:
        circuit: Barriers are left out.
    """
    depth, n_qubits = int(circuit.depth()), int(circuit.num_qubits)
    if depth == 0 or n_qubits < 2:
        return 0.0
    gates = len([each for each in circuit.data if each.name != "barrier"])
    return max(0.0, (gates / depth - 1) / (n_qubits - 1))
