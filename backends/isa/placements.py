"""Placing a circuit whose gates fit the device's couplings on the best of its qubits."""

import heapq
import math
from collections import Counter

from qiskit.transpiler import Target

from qkdrp.backends.isa.regions import (
    BEAM,
    Region,
    coupling_losses,
    loss_of,
    neighbours_by,
)
from qkdrp.backends.isa.targets import readout_error
from qkdrp.circuits import PQC


def find_placements(pqc: PQC, target: Target, count: int) -> list[Region]:
    """Return physical qubits for a circuit, such that all its gates are on couplings, best first.

    A placement costs ``-log`` of the success of the circuit's two-qubit gates and of the readouts
    of one of its observables, the mean over all of them. Placements grow by one qubit at a time,
    and the cheapest :data:`~qkdrp.backends.isa.regions.BEAM` go on, or as many as there are qubits.

    Args:
        pqc: The circuit; its two-qubit gates connect all its qubits.
        target: The whole device.
        count: How many placements to return at most.

    Returns:
        Physical qubit of each qubit of the circuit; no placement where the couplings do not fit.
    """
    circuit, there = pqc.circuit, target.num_qubits or 0
    gates: Counter[tuple[int, int]] = Counter()
    for instruction in circuit.data:
        on = [circuit.find_bit(bit).index for bit in instruction.qubits]
        if len(on) == 2:
            gates[min(on), max(on)] += 1
    read = [{q for _, on, _ in op.to_sparse_list() for q in on} for op in pqc.observables]
    reads = Counter(q for qubits in read for q in qubits)
    losses = coupling_losses(target)
    neighbours = neighbours_by(losses)
    readouts = [loss_of(readout_error(target, qubit)) for qubit in range(there)]
    order = _connected_order(gates, circuit.num_qubits)

    grown: list[tuple[float, Region]] = [(0.0, ())]
    for step, qubit in enumerate(order):
        links = [(place, gates[_pair(qubit, q)]) for place, q in enumerate(order[:step])]
        links = [(place, times) for place, times in links if times]
        weight = reads[qubit] / max(1, len(pqc.observables))
        longer = []
        for cost, placed in grown:
            free = neighbours[placed[links[0][0]]] if links else range(there)
            for new in free:
                pairs = [(_pair(placed[place], new), times) for place, times in links]
                if new not in placed and all(pair in losses for pair, _ in pairs):
                    more = sum(times * losses[pair] for pair, times in pairs)
                    longer.append((cost + more + weight * readouts[new], (*placed, new)))
        grown = heapq.nsmallest(max(BEAM, there), longer)
    place_of = {qubit: place for place, qubit in enumerate(order)}
    found = [tuple(placed[place_of[q]] for q in range(circuit.num_qubits)) for _, placed in grown]

    def failure(placed: Region) -> float:
        lost = sum(times * losses[_pair(placed[a], placed[b])] for (a, b), times in gates.items())
        values = [math.exp(-sum(readouts[placed[q]] for q in qubits)) for qubits in read]
        return lost - math.log(sum(values) / len(values)) if values else lost

    return heapq.nsmallest(count, found, key=failure)


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _connected_order(gates: Counter[tuple[int, int]], n_qubits: int) -> list[int]:
    """Return the qubits such that each has a gate with an earlier one, where that is possible."""
    order = [max(range(n_qubits), key=lambda q: sum(n for pair, n in gates.items() if q in pair))]
    while len(order) < n_qubits:
        left = [q for q in range(n_qubits) if q not in order]
        order.append(max(left, key=lambda q: sum(gates[_pair(q, other)] for other in order)))
    return order
