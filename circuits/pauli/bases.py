"""Measurement bases: which Pauli strings are read together, in one execution."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from qiskit.quantum_info import Pauli, PauliList, SparsePauliOp

from qkdrp.common.errors import BackendError


@dataclass(frozen=True, eq=False)
class Basis:
    """One measurement setting: a Pauli letter for each qubit, and what is read in it.

    Args:
        letters: Letter of each qubit, qubit 0 first; I where it is not read.
        parts: The part of each observable that is read here, by the observable's index: Z strings
            that act on the qubits after the change of basis.
    """

    letters: str
    parts: Mapping[int, SparsePauliOp]

    @property
    def turned(self) -> tuple[tuple[int, str], ...]:
        """Qubits that are not read in Z, and their letters."""
        return tuple((q, letter) for q, letter in enumerate(self.letters) if letter in "XY")

    @property
    def qubits_read(self) -> tuple[int, ...]:
        """Qubits that are read."""
        return tuple(q for q, letter in enumerate(self.letters) if letter != "I")


def count_bases(observables: Sequence[SparsePauliOp]) -> int:
    """Return how many executions one point takes: one for each measurement basis.

    Args:
        observables: On the same qubits.
    """
    return len(find_bases(observables))


def group_strings(labels: Iterable[str]) -> list[PauliList]:
    """Return Pauli strings in groups that commute qubit by qubit, each string once.

    They are sorted first, as Qiskit's estimator does, so that its groups are the same ones.

    Args:
        labels: The strings, such as ``XIZ``.
    """
    groups: list[PauliList] = PauliList(sorted(set(labels))).group_commuting(qubit_wise=True)
    return groups


def find_bases(observables: Sequence[SparsePauliOp]) -> tuple[Basis, ...]:
    """Return the measurement bases of some observables, and what of them is read in each.

    Values of an observable are the sum of the values of its parts. Strings of Z alone are all read
    in one basis, where each part is its observable, unchanged.

    Args:
        observables: On the same qubits, with real coefficients.

    Raises:
        BackendError: If an observable has no terms.
    """
    if any(len(each) == 0 for each in observables):
        raise BackendError("Found an observable without terms, expected at least one.")
    if any(each.paulis.x.any() for each in observables):
        return tuple(_turned_bases(observables))
    return (_z_basis(observables),) if observables else ()


def _z_basis(observables: Sequence[SparsePauliOp]) -> Basis:
    """Return the basis of observables that are strings of Z."""
    read = np.any([each.paulis.z.any(axis=0) for each in observables], axis=0)
    letters = "".join("Z" if there else "I" for there in read)
    return Basis(letters, dict(enumerate(observables)))


def _turned_bases(observables: Sequence[SparsePauliOp]) -> Iterator[Basis]:
    """Yield the bases of any observables."""
    labels = [each.paulis.to_labels() for each in observables]
    for group in group_strings(chain(*labels)):
        inside = set(group.to_labels())
        parts: dict[int, SparsePauliOp] = {}
        for index, (each, own) in enumerate(zip(observables, labels, strict=True)):
            here = [place for place, label in enumerate(own) if label in inside]
            if here:
                parts[index] = _as_z_strings(each[here])
        yield Basis(_letters(group), parts)


def _letters(group: PauliList) -> str:
    """Return the letter of each qubit, qubit 0 first, that the strings of a group share."""
    together = Pauli((np.logical_or.reduce(group.z), np.logical_or.reduce(group.x)))
    return str(together.to_label())[::-1]


def _as_z_strings(observable: SparsePauliOp) -> SparsePauliOp:
    """Return an observable with Z in place of every letter."""
    read = observable.paulis.x | observable.paulis.z
    return SparsePauliOp(PauliList.from_symplectic(read, np.zeros_like(read)), observable.coeffs)
