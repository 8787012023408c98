"""Networks of CNOTs, and the Pauli strings that they bring onto single coupled qubits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qkdrp.circuits.pauli.strings import Masks


@dataclass(frozen=True, eq=False)
class Strings:
    """Pauli strings, each of which a network has to bring onto a single qubit.

    Args:
        masks: Qubits of each string, shape (n_strings,); those that are read come last.
        is_z: Whether it is a Z string, otherwise an X string, shape (n_strings,).
        before: Whether the row has to come before the column, shape (n_strings, n_strings).
        n_read: How many are read at the end, after all others have been on a single qubit.
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
    """Return strings after a CNOT: Z goes from target to control, X from control to target."""
    return np.where(
        is_z,
        masks ^ (((masks >> target) & 1) << control),
        masks ^ (((masks >> control) & 1) << target),
    )
