"""Search for short CNOT networks that bring Pauli strings, one by one, onto single qubits."""

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.entanglers import QubitPairs
from qkdrp.circuits.pauli.strings import Masks
from qkdrp.circuits.reduce.frames import images, starts
from qkdrp.circuits.reduce.lengths import MOST_QUBITS, string_lengths
from qkdrp.circuits.reduce.network import Network, Strings, apply_cnot
from qkdrp.common.errors import CircuitError

FADE = 0.3
"""Weight of the strings of a block, relative to those of the block before."""

WORK, LEAST_BEAM = 40_000, 160
"""States that are kept in each step, times strings, and their least number.

More is slower and finds fewer CNOTs.
"""

WINDOW = 48
"""Strings that are looked at, from the first one that is left."""


def find_network(strings: Strings, couplings: QubitPairs, n_qubits: int, seed: int = 0) -> Network:
    """Search for few CNOTs on couplings that bring every string onto a single qubit once.

    A beam search: all CNOTs are tried on the best states so far, a state being as good as its
    strings are short, where the length of a string is the number of CNOTs that bring it onto one
    qubit. Strings act on |0...0>, which CNOTs leave as it is: so the search may begin
    with any order of the qubits, and in the frame of any layer of the first block.

    Args:
        strings: What the network is for.
        couplings: Pairs of coupled qubits, connected.
        n_qubits: Number of qubits.
        seed: Of the orders of qubits that are tried.

    Raises:
        CircuitError: If there are too many qubits, or the search does not end.
    """
    if n_qubits > MOST_QUBITS:
        raise CircuitError(
            f"Found {n_qubits} qubits: networks are searched on up to {MOST_QUBITS}; "
            "leave the reductions out."
        )
    lengths = string_lengths(couplings, n_qubits)
    beam = _Beam(strings, couplings, n_qubits, lengths, seed)
    for _ in range(8 * n_qubits * len(strings.masks)):
        network = beam.found()
        if network is not None:
            return network
        if not beam.advance():
            break
    raise CircuitError("The search for a network did not end: leave the reductions out.")


class _Beam:
    """The best states of a search, and the strings that are looked at.

    A state is its frame, the images of Z and X of each qubit, and the strings that are shown.

    Args:
        strings: What the network is for.
        couplings: Pairs of coupled qubits.
        n_qubits: Number of qubits.
        lengths: Of all strings.
        seed: Of the orders of qubits that are tried.
    """

    def __init__(
        self,
        strings: Strings,
        couplings: QubitPairs,
        n_qubits: int,
        lengths: NDArray[np.float32],
        seed: int,
    ) -> None:
        self.strings, self.n_qubits, self.lengths = strings, n_qubits, lengths
        self.count = len(strings.masks)
        self.n_done = self.count - strings.n_read
        self.width = max(LEAST_BEAM, WORK // self.count)
        rng = np.random.default_rng(seed)
        self.before = strings.before.astype(np.float32)
        self.is_read = np.arange(self.count) >= self.n_done
        self.blocks = np.cumsum(np.concatenate([[0], np.diff(strings.is_z.astype(int)) != 0]))
        self.blocks[self.is_read] = self.blocks[: self.n_done].max(initial=-1) + 1
        self.hashes = rng.integers(1, 2**62, size=self.count)
        self.moves = [*couplings, *((b, a) for a, b in couplings)]
        self.shown = slice(0, min(self.count, WINDOW))
        self.seen: set[int] = set()
        self.steps: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
        self._begin(starts(strings, n_qubits, rng))

    def _begin(self, frames: Masks) -> None:
        """Take the best frames to begin in."""
        here = images(frames, self.strings.masks[self.shown], self.strings.is_z[self.shown])
        done = np.zeros(here.shape, dtype=bool)
        _settle(here, done, self.before[self.shown, self.shown], self.n_done)
        first = self._rank(here, done)[: self.width]
        self.frames, self.here, self.done = frames[first], here[first], done[first]
        self.start = self.frames

    @property
    def n_left(self) -> int:
        """Number of shown strings that are rotated; those after them are read at the end."""
        return max(0, self.n_done - self.shown.start)

    def found(self) -> Network | None:
        """Return the network of the first state in which all is done; None if there is none."""
        by = self.done[:, : self.n_left].all(axis=1)
        ended = by & self._fine(self.here[:, self.n_left :]).all(axis=1)
        if self.shown.stop < self.count or not ended.any():
            return None
        frame, gates = _trace(int(np.argmax(ended)), self.steps, self.start, self.moves)
        masks = images(frame[np.newaxis], self.strings.masks, self.strings.is_z)[0]
        return Network(tuple(masks.tolist()), gates)

    def advance(self) -> bool:
        """Try every CNOT on every state and keep the best; False where nothing new comes of it."""
        n_qubits, shown = self.n_qubits, self.shown
        kinds = np.concatenate([_UNITS.repeat(n_qubits), self.strings.is_z[shown]])
        states = np.concatenate([self.frames, self.here], axis=1)
        states = np.concatenate([apply_cnot(states, kinds, *move) for move in self.moves])
        parents = np.tile(np.arange(len(self.done)), len(self.moves))
        here, done = states[:, 2 * n_qubits :], self.done[parents]
        _settle(here, done, self.before[shown, shown], self.n_left)
        keys = np.where(done, -1, here.astype(np.int64)) @ self.hashes[shown]
        best = _new(self._rank(here, done), keys, self.seen, self.width)
        if not len(best):
            return False
        self.steps.append((parents[best], best // (len(parents) // len(self.moves))))
        self.frames, self.here, self.done = states[best, : 2 * n_qubits], here[best], done[best]
        self._move_on()
        return True

    def _move_on(self) -> None:
        """Show later strings instead of first ones that are done in all states."""
        over = self.done[:, : self.n_left].all(axis=0)
        gone = self.n_left if over.all() else int(np.argmin(over))
        if not gone:
            return
        new = slice(self.shown.stop, min(self.count, self.shown.start + gone + WINDOW))
        self.shown = slice(self.shown.start + gone, new.stop)
        more = images(self.frames, self.strings.masks[new], self.strings.is_z[new])
        self.here = np.concatenate([self.here[:, gone:], more], axis=1)
        self.done = np.pad(self.done[:, gone:], ((0, 0), (0, more.shape[1])))
        _settle(self.here, self.done, self.before[self.shown, self.shown], self.n_left)

    def _fine(self, read: Masks) -> NDArray[np.bool_]:
        return _single(read) | (not self.strings.read_single)

    def _rank(self, here: Masks, done: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the order of states, best first."""
        over = done | (self.is_read[self.shown] & self._fine(here))
        # One more for each that is left: having done one is better than having shortened many.
        left = np.where(over, np.float32(0), self.lengths[here] + 1)
        ahead = self.blocks[self.shown] - self.blocks[self.shown.start]
        return np.argsort(left @ (FADE**ahead).astype(np.float32), kind="stable")


_UNITS = np.array([True, False])
"""Whether the strings of a frame are Z: first those, then X."""


def _single(masks: Masks) -> NDArray[np.bool_]:
    return np.asarray((masks & (masks - 1)) == 0)


def _settle(here: Masks, done: NDArray[np.bool_], before: NDArray[np.float32], n_done: int) -> None:
    """Mark, in place, those first strings that are on a single qubit, all before them done."""
    part = done[:, :n_done]
    single, earlier = _single(here[:, :n_done]), before[:n_done, :n_done]
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
) -> tuple[Masks, tuple[tuple[int, int], ...]]:
    """Return the frame that a state began in, and the gates that led to it."""
    gates = []
    for parents, made in reversed(steps):
        gates.append(moves[made[end]])
        end = int(parents[end])
    return start[end], tuple(reversed(gates))
