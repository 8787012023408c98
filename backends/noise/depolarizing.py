"""Depolarizing noise with symmetric readout errors, the same on all qubits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Self

from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CXGate, RZGate, SXGate, XGate
from qiskit.transpiler import InstructionProperties, Target
from qiskit_aer.noise import QuantumError, depolarizing_error

from qkdrp.backends.isa.regions import Region
from qkdrp.backends.noise.base import NoiseSource
from qkdrp.backends.noise.local import LocalNoise, assignment_matrices
from qkdrp.backends.noise.probabilities import MOST, check_probabilities, read_probabilities
from qkdrp.common.errors import BackendError

ONE_QUBIT, TWO_QUBIT = ("sx", "x"), ("cx",)
"""Gates with errors; rz is a change of frame and has none."""


@dataclass(frozen=True)
class Depolarizing(NoiseSource):
    """All-to-all connected qubits with gates rz, sx, x and cx.

    After each gate the state is replaced by the completely mixed one with a probability.

    Args:
        p1: That probability for sx and x.
        p2: That probability for cx.
        readout: Probability to read a qubit wrongly.

    Raises:
        BackendError: If a probability is negative or too large.
    """

    p1: float = 0.0
    p2: float = 0.0
    readout: float = 0.0

    scaling = "p1, p2 and readout times scale"

    def __post_init__(self) -> None:
        """Check the probabilities."""
        check_probabilities(vars(self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``p1=1e-3,p2=1e-2,readout=0.02``; what is left out is 0.

        Raises:
            BackendError: If a name is unknown or a value is no number.
        """
        return cls(**read_probabilities(text))

    @property
    def name(self) -> str:  # type: ignore[override]  # made of the parameters
        """The text that names it."""
        return f"depolarizing:p1={self.p1:g},p2={self.p2:g},readout={self.readout:g}"

    @property
    def detail(self) -> str:  # type: ignore[override]  # always the same
        """What else is to be said."""
        return "all qubits connected, gates rz, sx, x, cx"

    @property
    def parts(self) -> tuple[str, ...]:  # type: ignore[override]  # always the same
        """It knows no durations, hence no relaxation."""
        return ("gates", "readout")

    def target(self, n_qubits: int) -> Target:
        """Return all-to-all connected qubits; errors are average infidelities."""
        target = Target(num_qubits=n_qubits)
        ones = [(q,) for q in range(n_qubits)]
        pairs = list(permutations(range(n_qubits), 2))
        target.add_instruction(RZGate(Parameter("angle")), _properties(ones, 0.0))
        for gate in (SXGate(), XGate()):
            target.add_instruction(gate, _properties(ones, self.p1 / 2))
        target.add_instruction(CXGate(), _properties(pairs, self.p2 * 3 / 4))
        target.add_instruction(Measure(), _properties(ones, self.readout))
        return target

    def noise(self, region: Region, parts: Collection[str], scale: float) -> LocalNoise:
        """Return the noise on a few qubits."""
        scaled = {name: getattr(self, name) * scale for name in MOST}
        for name, value in scaled.items():
            if value > MOST[name]:
                raise BackendError(
                    f"noise scale {scale:g} makes {name} {value:g}, more than {MOST[name]:g}: "
                    f"use at most {MOST[name] / getattr(self, name):.3g}."
                )
        qubits = range(len(region))
        errors: dict[tuple[str, tuple[int, ...]], QuantumError] = {}
        for name, gates, width in (("p1", ONE_QUBIT, 1), ("p2", TWO_QUBIT, 2)):
            if "gates" in parts and scaled[name] > 0:
                error = depolarizing_error(scaled[name], width)
                errors |= dict.fromkeys(product(gates, permutations(qubits, width)), error)
        flips = [scaled["readout"] * ("readout" in parts)] * len(region)
        return LocalNoise(errors, assignment_matrices(flips, flips), ("rz", *ONE_QUBIT, *TWO_QUBIT))


def _properties(
    qubits: Sequence[tuple[int, ...]], error: float
) -> dict[tuple[int, ...], InstructionProperties]:
    return {on: InstructionProperties(error=error) for on in qubits}
