"""Which shifted values of a circuit make up its derivatives, exactly."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import (
    CircuitInstruction,
    ControlFlowOp,
    Gate,
    Parameter,
    ParameterExpression,
    ParameterVector,
)

from qkdrp.circuits.curves import (
    Curve,
    LinearAngle,
    evaluate,
    linear_terms,
    make_curve,
    pull_back,
)
from qkdrp.circuits.expand import Piece, like, take_apart
from qkdrp.common.errors import BackendError, CircuitError

Reals = NDArray[np.float64]

SAMPLES = 32
"""Angles at which a gate's matrix is looked at for its frequencies, over a period of 4 pi."""

VANISHING = 1e-9
"""Size of a Fourier coefficient that is none."""


class Shift(NamedTuple):
    """A pair of shifted values: ``weight * (value at + shift - value at - shift)``.

    Attributes:
        parameter: Index of the parameter that is shifted.
        shift: Radians.
        weight: Of the difference in the derivative.
    """

    parameter: int
    shift: float
    weight: float


class Argument(NamedTuple):
    """An angle of a gate that depends on parameters.

    Attributes:
        piece: Which part of the circuit the gate is.
        index: Which of the gate's angles it is.
        angle: The expression.
        frequencies: The least frequency of the values in this angle, and how many multiples.
    """

    piece: int
    index: int
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
        found = np.zeros((len(values), values.shape[2], len(self.circuit.parameters)))
        for index, shift in enumerate(self.shifts):
            found[..., shift.parameter] += shift.weight * (plus[:, index] - minus[:, index])
        return found if self.angles is None else self.angles.pull_back(points, found)


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
            tuple(s for n, each in enumerate(arguments) for s in _shifts(n, *each.frequencies)),
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
                place, index, angle, _frequencies(gate.base_class, len(gate.params), index)
            )


@cache
def _frequencies(gate: type[Gate], n_arguments: int, index: int) -> tuple[float, int]:
    """Return the least frequency of values in an angle of a gate, and how many multiples.

    An entry of the gate's matrix is a sum of waves in the angle, a value one of their products.
    """
    angles = np.tile(np.arange(0.3, 0.3 + n_arguments), (SAMPLES, 1))  # the others are anything
    angles[:, index] = 4 * np.pi / SAMPLES * np.arange(SAMPLES)
    entries = np.array([gate(*row).to_matrix().ravel() for row in angles])
    waves = np.flatnonzero(
        np.abs(np.fft.fft(entries, axis=0, norm="forward")).max(axis=1) > VANISHING
    )
    halves = np.where(waves < SAMPLES // 2, waves, waves - SAMPLES)
    beats = {abs(int(a - b)) for a in halves for b in halves} - {0}
    least = math.gcd(*beats)
    return (least / 2, max(beats) // least) if beats else (0.0, 0)


def _shifts(parameter: int, least: float, count: int) -> Iterator[Shift]:
    """Yield the shifts of a parameter in which values have some multiples of a frequency.

    That of Wierichs et al. 2022 (Quantum 6, 677), equation 29, in pairs: their weights solve
    ``2 sum_s weight_s sin(frequency shift_s) = frequency`` for each frequency.
    """
    multiples = least * np.arange(1, count + 1)
    shifts = [(2 * k + 1) * math.pi / (2 * count * least) for k in range(count)]
    weights = np.linalg.solve(2 * np.sin(np.outer(multiples, shifts)), multiples)
    for shift, weight in zip(shifts, weights.tolist(), strict=True):
        yield Shift(parameter, shift, weight)


def _direct_shifts(
    arguments: Sequence[Argument], terms: Sequence[LinearAngle | None]
) -> tuple[Shift, ...]:
    """Return the shifts of parameters each of which drives one angle at most."""
    frequencies = {
        source: (abs(slope) * argument.frequencies[0], argument.frequencies[1])
        for argument, term in zip(arguments, terms, strict=True)
        for slope, source in (term[0] if term else ())
    }
    return tuple(s for source in sorted(frequencies) for s in _shifts(source, *frequencies[source]))


def _split(
    circuit: QuantumCircuit, pieces: Sequence[Piece], arguments: Sequence[Argument]
) -> QuantumCircuit:
    """Return the circuit with a parameter of its own for each argument."""
    own = ParameterVector("angle", len(arguments))
    changed: dict[int, dict[int, ParameterExpression]] = {}
    for argument, parameter in zip(arguments, own, strict=True):
        changed.setdefault(argument.piece, {})[argument.index] = parameter
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
