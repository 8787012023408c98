"""Which shifted values of a circuit make up its derivatives, exactly."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import (
    CircuitInstruction,
    ControlFlowOp,
    Parameter,
    ParameterExpression,
    ParameterVector,
)

from qkdrp.backends.qnn.frequencies import Shift, frequencies_of, shifts_of
from qkdrp.circuits.expand import Piece, like, take_apart
from qkdrp.circuits.pauli.curves import (
    Curve,
    evaluate,
    make_curve,
    pull_back,
)
from qkdrp.circuits.pauli.linear import LinearAngle, linear_terms
from qkdrp.common.errors import BackendError, CircuitError

Reals = NDArray[np.floating[Any]]


class Argument(NamedTuple):
    """An angle of a gate that depends on parameters.

    Attributes:
        piece: Which part of the circuit the gate is.
        which: Which of the gate's angles it is.
        angle: The expression.
        frequencies: The least frequency of the values in this angle, and how many multiples.
    """

    piece: int
    which: int
    angle: ParameterExpression
    frequencies: tuple[float, int]


@dataclass(frozen=True, eq=False)
class Angles:
    """Angles as functions of parameters: linear ones as a matrix, others as curves.

    Args:
        slopes: Of linear angles, shape (n_angles, n_parameters).
        offsets: Of linear angles, shape (n_angles,).
        curves: The other angles.
        curved: Which they are, shape (n_curves,).
    """

    slopes: Reals
    offsets: Reals
    curves: Sequence[Curve]
    curved: NDArray[np.int64]

    def values(self, points: Reals) -> Reals:
        """Return the angles, shape (n_points, n_angles), of points (n_points, n_parameters)."""
        found = points @ self.slopes.T + self.offsets
        found[:, self.curved] = evaluate(self.curves, points)
        return found

    def pull_back(self, points: Reals, by_angles: Reals) -> Reals:
        """Return derivatives by parameters from those by angles.

        Args:
            points: Shape (n_points, n_parameters).
            by_angles: Shape (n_points, n_observables, n_angles).
        """
        curved = pull_back(self.curves, points, by_angles[..., self.curved])
        return np.asarray(by_angles @ self.slopes + curved)


@dataclass(frozen=True, eq=False)
class ShiftRule:
    """How derivatives of a circuit's values are made up of values at shifted angles.

    Args:
        circuit: What is run: the circuit itself where each parameter drives one angle, linearly;
            else one in which each angle that depends on parameters is a parameter of its own.
        shifts: Of the parameters of ``circuit``, in its order.
        angles: The parameters of ``circuit`` by those of the original; None where it is that.
    """

    circuit: QuantumCircuit
    shifts: tuple[Shift, ...]
    angles: Angles | None

    @property
    def is_plain(self) -> bool:
        """Whether plus and minus a quarter turn of each parameter itself are all there is."""
        n_parameters = len(self.circuit.parameters)
        each = [shift.parameter for shift in self.shifts]
        quarters = all(math.isclose(shift.shift, math.pi / 2) for shift in self.shifts)
        return self.angles is None and quarters and each == list(range(n_parameters))

    def points(self, points: Reals) -> Reals:
        """Return the parameters of what is run, from those of the original, row by row."""
        return points if self.angles is None else self.angles.values(points)

    def steps(self) -> Reals:
        """Return what is added to the parameters of what is run.

        Returns:
            All shifts, then all of them the other way, shape (2 * n_shifts, n_parameters).
        """
        one = np.zeros((len(self.shifts), len(self.circuit.parameters)))
        for row, shift in zip(one, self.shifts, strict=True):
            row[shift.parameter] = shift.shift
        return np.concatenate([one, -one])

    def derivatives(self, values: Reals, points: Reals) -> Reals:
        """Return the derivatives by the parameters of the original.

        Args:
            values: At the shifted points, shape (n_points, 2 * n_shifts, n_observables).
            points: Parameters of the original, shape (n_points, n_parameters).

        Returns:
            Shape (n_points, n_observables, n_parameters).
        """
        plus, minus = np.split(values, 2, axis=1)
        weights = np.array([shift.weight for shift in self.shifts])
        places = np.array([shift.parameter for shift in self.shifts], dtype=np.int64)
        found = np.zeros((len(self.circuit.parameters), len(values), values.shape[2]))
        np.add.at(found, places, (plus - minus).swapaxes(0, 1) * weights[:, np.newaxis, np.newaxis])
        slopes = np.moveaxis(found, 0, -1)
        return slopes if self.angles is None else self.angles.pull_back(points, slopes)


def find_rule(circuit: QuantumCircuit) -> ShiftRule:
    """Find the parameter-shift rule of a circuit.

    Values are trigonometric polynomials in each angle of each gate, whatever comes before and
    after it, noise included. Where a parameter drives several angles, or one that is not linear,
    each angle is shifted alone and the chain rule adds them up.

    Args:
        circuit: Gates; composite ones are looked into.

    Raises:
        BackendError: If a gate with parameters is not known and has no definition, or an angle is
            no real expression that can be differentiated.
    """
    try:
        pieces = list(take_apart(circuit, _is_whole))
        arguments = [
            each for place, piece in enumerate(pieces) for each in _arguments(place, piece)
        ]
        sources = {parameter: index for index, parameter in enumerate(circuit.parameters)}
        terms = [linear_terms(argument.angle, sources) for argument in arguments]
        driven = [source for term in terms if term for _, source in term[0]]
        if None not in terms and len(set(driven)) == len(driven):
            return ShiftRule(circuit, _direct_shifts(arguments, terms), None)
        return ShiftRule(
            _split(circuit, pieces, arguments),
            tuple(s for n, each in enumerate(arguments) for s in shifts_of(n, *each.frequencies)),
            _angles(pieces, arguments, terms, sources),
        )
    except CircuitError as error:
        raise BackendError(
            f"No parameter-shift rule is known here: use the gradient 'spsa'. {error}"
        ) from error


def _is_whole(instruction: CircuitInstruction) -> bool:
    """Tell whether a gate needs no look inside: no parameters, or a matrix to learn from."""
    operation = instruction.operation
    if isinstance(operation, ControlFlowOp):
        return not any(block.parameters for block in operation.blocks)
    return not instruction.is_parameterized() or bool(instruction.is_standard_gate())


def _arguments(place: int, piece: Piece) -> Iterator[Argument]:
    gate = piece.instruction.operation
    for index, angle in enumerate(gate.params):
        if isinstance(angle, ParameterExpression) and angle.parameters:
            yield Argument(
                place, index, angle, frequencies_of(gate.base_class, len(gate.params), index)
            )


def _direct_shifts(
    arguments: Sequence[Argument], terms: Sequence[LinearAngle | None]
) -> tuple[Shift, ...]:
    """Return the shifts of parameters each of which drives one angle at most."""
    frequencies = {
        source: (abs(slope) * argument.frequencies[0], argument.frequencies[1])
        for argument, term in zip(arguments, terms, strict=True)
        for slope, source in (term[0] if term else ())
    }
    return tuple(
        s for source in sorted(frequencies) for s in shifts_of(source, *frequencies[source])
    )


def _split(
    circuit: QuantumCircuit, pieces: Sequence[Piece], arguments: Sequence[Argument]
) -> QuantumCircuit:
    """Return the circuit with a parameter of its own for each argument."""
    own = ParameterVector("angle", len(arguments))
    changed: dict[int, dict[int, ParameterExpression]] = {}
    for argument, parameter in zip(arguments, own, strict=True):
        changed.setdefault(argument.piece, {})[argument.which] = parameter
    split = like(circuit)
    for place, piece in enumerate(pieces):
        gate = piece.instruction.operation
        if place in changed:
            gate = gate.to_mutable()
            gate.params = [changed[place].get(n, angle) for n, angle in enumerate(gate.params)]
        split.append(piece.instruction.replace(operation=gate))
    return split


def _angles(
    pieces: Sequence[Piece],
    arguments: Sequence[Argument],
    terms: Sequence[LinearAngle | None],
    sources: Mapping[Parameter, int],
) -> Angles:
    slopes, offsets = np.zeros((len(arguments), len(sources))), np.zeros(len(arguments))
    curves: dict[int, Curve] = {}
    known: dict[ParameterExpression, Curve] = {}
    for row, (argument, term) in enumerate(zip(arguments, terms, strict=True)):
        if term is None:
            where = pieces[argument.piece].where
            curves[row] = known.get(argument.angle) or make_curve(argument.angle, sources, where)
            known[argument.angle] = curves[row]
            continue
        offsets[row] = term[1]
        for slope, source in term[0]:
            slopes[row, source] = slope
    return Angles(slopes, offsets, tuple(curves.values()), np.array([*curves], dtype=np.int64))
