"""How noisy values are found: shots, method, number of trajectories."""

from dataclasses import dataclass

from psutil import virtual_memory

from qkdrp.backends.choices import Method
from qkdrp.common.errors import BackendError

MOST_DENSITY = 10
"""Qubits up to which ``auto`` takes density matrices."""

LONG_DENSITY = 2e8
"""Gates times entries of the density matrix from which on a value takes about a second."""

AMPLITUDE = 16
"""Bytes of a complex number."""

TRAJECTORIES = {Method.TRAJECTORIES: 1024, Method.PAULI: 128}
"""Trajectories of each value where no number is asked for."""


@dataclass(frozen=True)
class Sampling:
    """How values are found.

    Args:
        shots: Shots of each evaluation; 0 for infinitely many.
        method: How they are found.
        trajectories: Trajectories of each evaluation where there is no density matrix and the
            number of shots is infinite; None for :data:`TRAJECTORIES`.

    Raises:
        BackendError: If a number is out of range, or there are shots where no bit strings are.
    """

    shots: int = 0
    method: Method = Method.AUTO
    trajectories: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.shots < 0:
            raise BackendError(f"shots = {self.shots}: expected 0 for infinitely many, or more.")
        if self.trajectories is not None and self.trajectories < 2:
            raise BackendError(f"trajectories = {self.trajectories}: expected at least 2.")
        if self.shots and self.method == Method.PAULI:
            raise BackendError(
                f"shots = {self.shots}: the method {Method.PAULI} gives expectation values, no bit "
                f"strings; leave shots out, or take the method {Method.DENSITY} or "
                f"{Method.TRAJECTORIES}."
            )

    def trajectories_of(self, method: Method) -> int:
        """Return how many trajectories a value takes; 0 for a density matrix."""
        if method not in TRAJECTORIES:
            return 0
        return TRAJECTORIES[method] if self.trajectories is None else self.trajectories

    def method_for(self, n_qubits: int, n_gates: int = 0, *, pauli: bool = False) -> Method:
        """Return the method for a circuit, and check that its state fits into memory.

        ``auto`` takes density matrices while a value takes less than about a second, or the noise
        is not of Pauli errors only and there are few qubits. Trajectories of Pauli errors are as
        right on average as density matrices then, so it never takes an approximation.

        Args:
            n_qubits: Qubits of the circuit.
            n_gates: Its gates.
            pauli: Whether its noise is of Pauli errors only.

        Raises:
            BackendError: If it does not; says how large it is.
        """
        method = self.method
        if method == Method.AUTO:
            few = n_qubits <= MOST_DENSITY
            quick = few and n_gates * 4**n_qubits < LONG_DENSITY
            if pauli and not quick and not self.shots:
                method = Method.PAULI
            else:
                method = Method.DENSITY if few else Method.TRAJECTORIES
        power = 2 * n_qubits if method == Method.DENSITY else n_qubits
        needed, there = AMPLITUDE << power, virtual_memory().total
        if needed > there:
            what = "density matrix" if method == Method.DENSITY else "state vector"
            advice = "use trajectories" if method == Method.DENSITY else "use fewer qubits"
            raise BackendError(
                f"The {what} of {n_qubits} qubits takes {needed / 2**30:,.0f} GiB, this machine "
                f"has {there / 2**30:.0f} GiB: {advice}."
            )
        return method
