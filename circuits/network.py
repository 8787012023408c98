"""Networks of CNOTs that bring Pauli strings, one after the other, onto single coupled qubits."""

from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.entanglers import QubitPairs
from qkdrp.circuits.errors import CircuitError

MOST_QUBITS = 14
"""Distances of all 2^n strings are tabulated."""

FADES = (0.5, 0.3)
"""Weights of the strings of a block, relative to those of the block before: each is tried."""

WORK = 24_000
"""States that are looked at in each step, times strings: more is slower and finds fewer CNOTs."""

WINDOW = 48
"""Strings that are looked at, from the first one that is left."""

STARTS = 4000
"""Orders of the qubits that are tried at the start, where there are more."""

Masks = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Strings:
    """Pauli strings that have to come by on a single qubit.

    Args:
        masks: Qubits of each string, shape (n_strings,); those that are read come last.
        is_z: Whether it is a Z string, otherwise an X string, shape (n_strings,).
        before: Whether the row has to come before the column, shape (n_strings, n_strings).
        n_read: How many are read at the end, when all others have come by.
        read_single: Whether those have to be on single qubits then, all at once.
    """

    masks: Masks
    is_z: NDArray[np.bool_]
    before: NDArray[np.bool_]
    n_read: int
    read_single: bool


@dataclass(frozen=True)
class Network:
    """CNOTs on couplings, and the strings that they begin with.

    Args:
        start: Masks of the strings before the first CNOT.
        gates: Control and target of each CNOT.
    """

    start: tuple[int, ...]
    gates: tuple[tuple[int, int], ...]


def apply_cnot(masks: Masks, is_z: NDArray[np.bool_], control: int, target: int) -> Masks:
    """Return strings behind a CNOT: Z goes from target to control, X from control to target."""
    return np.where(
        is_z,
        masks ^ (((masks >> target) & 1) << control),
        masks ^ (((masks >> control) & 1) << target),
    )


def find_network(strings: Strings, couplings: QubitPairs, n_qubits: int, seed: int = 0) -> Network:
    """Search for few CNOTs on couplings that bring every string onto a single qubit once.

    A beam search: all CNOTs are tried on the best states so far, a state being as good as its
    strings are short, where the length of a string is the number of CNOTs that bring it onto one
    qubit. Strings act on |0...0>, which CNOTs in front leave as it is: so the search may begin
    with any order of the qubits, and in the frame of any layer of the first block.

    Args:
        strings: What has to come by.
        couplings: Pairs of coupled qubits, connected.
        n_qubits: Number of qubits.
        seed: Of the orders of qubits that are tried.

    Raises:
        CircuitError: If there are too many qubits, or the search comes to no end.
    """
    if n_qubits > MOST_QUBITS:
        raise CircuitError(
            f"Found {n_qubits} qubits: networks are searched on up to {MOST_QUBITS}; "
            "leave the reductions out."
        )
    lengths = string_lengths(couplings, n_qubits)
    found = [_search(strings, couplings, n_qubits, lengths, fade, seed) for fade in FADES]
    networks = [network for network in found if network is not None]
    if not networks:
        raise CircuitError("The search for a network came to no end: leave the reductions out.")
    return min(networks, key=lambda network: len(network.gates))


def string_lengths(couplings: QubitPairs, n_qubits: int) -> NDArray[np.float32]:
    """Return how many CNOTs bring each string onto one of its qubits, shape (2^n_qubits,).

    A string on the qubits S takes ``|T| - 1`` CNOTs along the smallest connected T around S, and
    one more for each qubit of T that is not in S.
    """
    every = np.arange(1 << n_qubits)
    sizes = np.bitwise_count(every).astype(np.int64)
    neighbours = [0] * n_qubits
    for one, other in couplings:
        neighbours[one] |= 1 << other
        neighbours[other] |= 1 << one
    connected = np.zeros(len(every), dtype=bool)
    connected[1 << np.arange(n_qubits)] = True
    for mask in every[1:]:
        if connected[mask]:
            around = 0
            for q in range(n_qubits):
                around |= neighbours[q] if mask >> q & 1 else 0
            for q in range(n_qubits):
                if around >> q & 1:
                    connected[mask | 1 << q] = True
    cost = np.where(connected, 2 * sizes, 4 * n_qubits)
    for q in range(n_qubits):  # the smallest over all that contain a string
        without = every[(every >> q & 1) == 0]
        cost[without] = np.minimum(cost[without], cost[without | 1 << q])
    cost -= sizes + 1
    cost[0] = 0
    return cost.astype(np.float32)


def _search(
    strings: Strings,
    couplings: QubitPairs,
    n_qubits: int,
    lengths: NDArray[np.float32],
    fade: float,
    seed: int,
) -> Network | None:
    count, n_done = len(strings.masks), len(strings.masks) - strings.n_read
    rng = np.random.default_rng(seed)
    beam = max(8, WORK // count)
    before = strings.before.astype(np.float32)
    is_read = np.arange(count) >= n_done
    blocks = np.cumsum(np.concatenate([[0], np.diff(strings.is_z.astype(int)) != 0]))
    blocks[is_read] = blocks[:n_done].max(initial=-1) + 1
    hashes = rng.integers(1, 2**62, size=count)
    moves = [*couplings, *((b, a) for a, b in couplings)]

    def fine(read: Masks) -> NDArray[np.bool_]:
        return _single(read) | (not strings.read_single)

    def rank(masks: Masks, done: NDArray[np.bool_], low: int, high: int) -> NDArray[np.intp]:
        here = masks[:, low:high]
        over = done[:, low:high] | (is_read[low:high] & fine(here))
        # One more for each that is left: having done one is better than having shortened many.
        left = np.where(over, np.float32(0), lengths[here] + 1)
        weights = (fade ** (blocks[low:high] - blocks[low])).astype(np.float32)
        return np.argsort(left @ weights, kind="stable")

    masks = _starts(strings, n_qubits, rng)
    done = np.zeros(masks.shape, dtype=bool)
    high = min(count, WINDOW)
    _settle(masks, done, before, 0, min(high, n_done))
    first = rank(masks, done, 0, high)[:beam]
    masks, done = masks[first], done[first]
    start, steps, seen = masks.copy(), [], set[int]()
    for _ in range(8 * n_qubits * count):
        ended = done[:, :n_done].all(axis=1) & fine(masks[:, n_done:]).all(axis=1)
        if ended.any():
            return _trace(int(np.argmax(ended)), steps, start, moves)
        left = ~done[:, :n_done].all(axis=0)
        low = int(np.argmax(left)) if left.any() else n_done
        high = min(count, low + WINDOW)
        masks = np.concatenate([apply_cnot(masks, strings.is_z, *move) for move in moves])
        parents = np.tile(np.arange(len(done)), len(moves))
        done = done[parents]
        _settle(masks, done, before, low, min(high, n_done))
        keys = (
            np.where(done[:, low:high], -1, masks[:, low:high].astype(np.int64)) @ hashes[low:high]
        )
        best = _new(rank(masks, done, low, high), keys, seen, beam)
        if not len(best):
            return None
        steps.append((parents[best], best // (len(parents) // len(moves))))
        masks, done = masks[best], done[best]
    return None


def _single(masks: Masks) -> NDArray[np.bool_]:
    return np.asarray((masks & (masks - 1)) == 0)


def _settle(
    masks: Masks, done: NDArray[np.bool_], before: NDArray[np.float32], low: int, high: int
) -> None:
    """Mark, in place, the strings that are on single qubits and have their predecessors done."""
    part = done[:, low:high]
    single, earlier = _single(masks[:, low:high]), before[low:high, low:high]
    while True:
        new = single & ~part & ((~part).astype(np.float32) @ earlier == 0)
        if not new.any():
            return
        part |= new


def _new(
    order: NDArray[np.intp], keys: NDArray[np.int64], seen: set[int], most: int
) -> NDArray[np.intp]:
    """Return the first states of an order that were not there before, and note them down."""
    best = []
    for index, key in zip(order.tolist(), keys[order].tolist(), strict=True):
        if key not in seen:
            seen.add(key)
            best.append(index)
            if len(best) == most:
                break
    return np.array(best, dtype=np.intp)


def _trace(
    end: int,
    steps: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    start: Masks,
    moves: QubitPairs,
) -> Network:
    gates = []
    for parents, made in reversed(steps):
        gates.append(moves[made[end]])
        end = int(parents[end])
    return Network(tuple(start[end].tolist()), tuple(reversed(gates)))


def _starts(strings: Strings, n_qubits: int, rng: np.random.Generator) -> Masks:
    """Return the strings in many frames, shape (n_states, n_strings)."""
    if factorial(n_qubits) <= STARTS:
        orders = np.array(list(permutations(range(n_qubits))))
    else:
        orders = rng.permuted(np.tile(np.arange(n_qubits), (STARTS, 1)), axis=1)
    frames = []
    for masks in (strings.masks, *_first_frames(strings, n_qubits)):
        frame = np.zeros((len(orders), len(masks)), dtype=np.int16)  # fits MOST_QUBITS, and caches
        for q in range(n_qubits):
            frame |= (((masks >> q) & 1) << orders[:, q : q + 1]).astype(np.int16)
        frames.append(frame)
    return np.concatenate(frames)


def _first_frames(strings: Strings, n_qubits: int) -> list[Masks]:
    """Return the strings as seen from frames where n X strings of the first block are single."""
    first = len(strings.is_z) if not strings.is_z.any() else int(np.argmax(strings.is_z))
    frames = []
    for low in range(0, first - n_qubits + 1, n_qubits):
        basis = _bits(strings.masks[low : low + n_qubits], n_qubits)
        inverse = _inverse(basis)
        if inverse is not None:
            bits = _bits(strings.masks, n_qubits)
            # Overlaps of X and Z strings stay: x -> x B^-1, z -> z B^T.
            moved = np.where(strings.is_z[:, np.newaxis], bits @ basis.T, bits @ inverse) % 2
            frames.append(moved @ (1 << np.arange(n_qubits)))
    return frames


def _bits(masks: Masks, n_qubits: int) -> NDArray[np.int64]:
    return (masks[:, np.newaxis] >> np.arange(n_qubits)) & 1


def _inverse(bits: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the inverse of a matrix modulo 2, or None."""
    size = len(bits)
    rows = np.concatenate([bits, np.eye(size, dtype=np.int64)], axis=1)
    for column in range(size):
        pivots = np.flatnonzero(rows[column:, column])
        if not len(pivots):
            return None
        pivot = column + int(pivots[0])
        rows[[column, pivot]] = rows[[pivot, column]]
        others = np.flatnonzero(rows[:, column])
        others = others[others != column]
        rows[others] ^= rows[column]
    return rows[:, size:]
