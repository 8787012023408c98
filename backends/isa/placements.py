"""Placing a circuit whose gates fit the device's couplings on the best of its qubits."""

import heapq
import math
from collections import Counter
from collections.abc import Iterator

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
from qkdrp.circuits.instructions import qubits_of


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
    search = _Search(pqc, target)
    return heapq.nsmallest(count, search.grown(), key=search.failure)


class _Search:
    """Grows placements of a circuit on a device.

    Args:
        pqc: The circuit.
        target: The whole device.
    """

    def __init__(self, pqc: PQC, target: Target) -> None:
        circuit = pqc.circuit
        self.n_qubits, self.there = circuit.num_qubits, target.num_qubits or 0
        self.gates: Counter[tuple[int, int]] = Counter()
        for instruction in circuit.data:
            on = qubits_of(circuit, instruction)
            if len(on) == 2:
                self.gates[_pair(*on)] += 1
        self.read = [{q for _, on, _ in op.to_sparse_list() for q in on} for op in pqc.observables]
        self.reads = Counter(q for qubits in self.read for q in qubits)
        self.losses = coupling_losses(target)
        self.neighbours = neighbours_by(self.losses)
        self.readouts = [loss_of(readout_error(target, qubit)) for qubit in range(self.there)]

    def grown(self) -> list[Region]:
        """Return the cheapest placements of all qubits: of each the physical one."""
        order = _connected_order(self.gates, self.n_qubits)
        grown: list[tuple[float, Region]] = [(0.0, ())]
        for step, qubit in enumerate(order):
            counts = [self.gates[_pair(qubit, earlier)] for earlier in order[:step]]
            links = [(place, times) for place, times in enumerate(counts) if times]
            longer = [each for one in grown for each in self._longer(*one, qubit, links)]
            grown = heapq.nsmallest(max(BEAM, self.there), longer)
        place_of = {qubit: place for place, qubit in enumerate(order)}
        return [tuple(placed[place_of[q]] for q in range(self.n_qubits)) for _, placed in grown]

    def _longer(
        self, cost: float, placed: Region, qubit: int, links: list[tuple[int, int]]
    ) -> Iterator[tuple[float, Region]]:
        """Yield a placement with one qubit more, and its cost.

        Args:
            cost: Of the placement so far.
            placed: The physical qubits so far.
            qubit: The next qubit of the circuit.
            links: Places of earlier qubits that it has gates with, and how many.
        """
        weight = self.reads[qubit] / max(1, len(self.read))
        free = self.neighbours[placed[links[0][0]]] if links else range(self.there)
        for new in free:
            pairs = [(_pair(placed[place], new), times) for place, times in links]
            if new not in placed and all(pair in self.losses for pair, _ in pairs):
                more = sum(times * self.losses[pair] for pair, times in pairs)
                yield cost + more + weight * self.readouts[new], (*placed, new)

    def failure(self, placed: Region) -> float:
        """Return ``-log`` of the success of a value on a placement."""
        lost = sum(
            times * self.losses[_pair(placed[a], placed[b])] for (a, b), times in self.gates.items()
        )
        values = [math.exp(-sum(self.readouts[placed[q]] for q in qubits)) for qubits in self.read]
        return lost - math.log(sum(values) / len(values)) if values else lost


def _pair(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _connected_order(gates: Counter[tuple[int, int]], n_qubits: int) -> list[int]:
    """Return the qubits such that each has a gate with an earlier one, where that is possible."""
    order = [max(range(n_qubits), key=lambda q: sum(n for pair, n in gates.items() if q in pair))]
    while len(order) < n_qubits:
        left = [q for q in range(n_qubits) if q not in order]
        order.append(max(left, key=lambda q: sum(gates[_pair(q, other)] for other in order)))
    return order
