"""Choosing connected groups of physical qubits for a circuit, few errors first."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from qiskit.transpiler import Target
from rustworkx import PyGraph, connected_components

from qkdrp.backends.isa.targets import UNUSABLE_ERROR, gates_of, readout_error
from qkdrp.common.errors import BackendError

BEAM = 256
"""Groups that are grown further, of each size."""

Region = tuple[int, ...]
"""Physical qubits in ascending order."""


def find_regions(target: Target, size: int, count: int) -> list[Region]:
    """Return connected groups of exactly ``size`` physical qubits, the best first.

    A group costs ``-log`` of the success of one two-qubit gate on each of its couplings, averaged
    over couplings, times its number of qubits, and of one readout on each qubit. Groups grow from
    every qubit by a neighbour at a time, and the cheapest :data:`BEAM` of each size go on.

    Args:
        target: The whole device.
        size: Number of qubits.
        count: How many groups to return at most.

    Raises:
        BackendError: If the device has fewer qubits, or no such connected group.
    """
    there = target.num_qubits or 0
    if size > there:
        raise BackendError(
            f"The circuit has {size} qubits, the device {there}: "
            "use a smaller circuit or another device."
        )
    couplings = coupling_losses(target)
    neighbours = neighbours_by(couplings)
    readouts = [loss_of(readout_error(target, qubit)) for qubit in range(there)]

    def cost(region: frozenset[int]) -> tuple[float, Region]:
        inside = [loss for pair, loss in couplings.items() if set(pair) <= region]
        gates = len(region) * sum(inside) / len(inside) if inside else 0.0
        return gates + sum(readouts[qubit] for qubit in region), tuple(sorted(region))

    grown = {frozenset({qubit}) for qubit in range(there)}
    for _ in range(size - 1):
        kept = heapq.nsmallest(max(BEAM, there), grown, key=cost)
        grown = set().union(*(_larger(region, neighbours) for region in kept))
    if not grown:
        raise BackendError(
            f"Found no {size} connected qubits on the device: "
            "use a smaller circuit or another device."
        )
    return [tuple(sorted(region)) for region in heapq.nsmallest(count, grown, key=cost)]


def _larger(region: frozenset[int], neighbours: Mapping[int, set[int]]) -> set[frozenset[int]]:
    """Return the groups that a group and one of its neighbours make."""
    around = {new for qubit in region for new in neighbours[qubit]} - region
    return {region | {new} for new in around}


def usable_region(target: Target, size: int) -> Region:
    """Return the largest connected group of physical qubits in working order.

    Args:
        target: The whole device.
        size: Number of qubits that are needed.

    Raises:
        BackendError: If there are fewer.
    """
    graph = PyGraph()
    graph.add_nodes_from(range(target.num_qubits or 0))
    graph.add_edges_from_no_data(list(coupling_losses(target)))
    broken = [q for q in graph.node_indices() if readout_error(target, q) >= UNUSABLE_ERROR]
    graph.remove_nodes_from(broken)
    groups = [tuple(sorted(group)) for group in connected_components(graph)]
    region: Region = max(groups, key=len, default=())
    if size > len(region):
        raise BackendError(
            f"The circuit has {size} qubits, the device {len(region)} connected ones in working "
            "order: use a smaller circuit or another device."
        )
    return region


def coupling_losses(target: Target) -> dict[tuple[int, int], float]:
    """Return ``-log(1 - error)`` of the better direction of each coupling, lower qubit first."""
    losses: dict[tuple[int, int], float] = {}
    for _, qubits, properties in gates_of(target):
        if len(qubits) == 2:
            pair = min(qubits), max(qubits)
            losses[pair] = min(losses.get(pair, math.inf), loss_of(properties.error or 0.0))
    return losses


def neighbours_by(couplings: Iterable[tuple[int, int]]) -> Mapping[int, set[int]]:
    """Return the qubits that each qubit is coupled to; none for one without couplings."""
    neighbours: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in couplings:
        neighbours[one].add(other)
        neighbours[other].add(one)
    return neighbours


def loss_of(error: float) -> float:
    """Return ``-log(1 - error)``, large but finite where nothing succeeds."""
    return -math.log1p(-min(error, 1 - 1e-12))
