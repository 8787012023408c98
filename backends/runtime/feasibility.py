"""Circuits that a device cannot hold: refused before anything is sent, with a change that fits."""

import math
from collections.abc import Iterator

from qiskit.transpiler import Target

from qkdrp.backends.isa.prepare import PreparedCircuit, prepare
from qkdrp.circuits import PQC, CircuitSpec, build_pqc, family_of

LEAST_SUCCESS = 0.01
"""Estimated success below which values are noise: a hundredth of the signal at most is left."""

MOST_TRIED = 4
"""Changes that are transpiled before the search is given up; each takes seconds."""


def hopeless(pqc: PQC, prepared: PreparedCircuit, target: Target, least: float) -> str:
    """Return why a circuit is not worth sending, and the smallest change that fits.

    Args:
        pqc: The circuit as it was given.
        prepared: The same in the device's gates.
        target: The whole device.
        least: Estimated success from which on a circuit is sent; 0 sends any.

    Returns:
        One sentence after the other; nothing where the circuit may be sent.
    """
    if prepared.success >= least:
        return ""
    found = _smallest_change(pqc, prepared, target, least)
    change = f"what fits: {found}" if found else "no smaller circuit of its family is known to fit"
    name = (
        "The circuit" if pqc.spec is None else f"The circuit {family_of(pqc.spec).label(pqc.spec)}"
    )
    return (
        f"{name} has an estimated success of {prepared.success:.1g} on {prepared.device}, with "
        f"{prepared.two_qubit_gates:,} two-qubit gates after routing; less than {least:g} is noise "
        f"and nothing is sent. Train a smaller circuit ({change}), or simulate this one "
        "(aer_noisy); --min-success 0 sends it all the same."
    )


def _smallest_change(
    pqc: PQC, prepared: PreparedCircuit, target: Target, least: float
) -> str | None:
    """Return the cheapest smaller circuit of the family that a device holds, in words.

    Success falls exponentially with the number of two-qubit gates, so the circuit itself tells
    which others are worth transpiling.
    """
    if pqc.spec is None:
        return None
    family, n_gates = family_of(pqc.spec), max(1, pqc.circuit.num_nonlocal_gates())
    loss = -math.log(max(prepared.success, math.ulp(0.0))) / n_gates
    for spec, smaller in _worth_trying(pqc.spec, -math.log(least) / loss):
        trial = prepare(smaller, target, prepared.device, seeds=[0])
        if trial.success >= least:
            words = " and ".join(family.differences(pqc.spec, spec)) or family.label(spec)
            inputs = (
                ""
                if smaller.n_inputs == pqc.n_inputs
                else f", and {smaller.n_inputs} angles instead of {pqc.n_inputs}, which a linear "
                "bridge makes"
            )
            return f"{words}{inputs}: {family.label(spec)}, success {trial.success:.2g}"
    return None


def _worth_trying(spec: CircuitSpec, most_gates: float) -> Iterator[tuple[CircuitSpec, PQC]]:
    """Yield smaller circuits with few enough two-qubit gates, those that give up least first."""
    n_tried = 0
    for _, smaller in sorted(family_of(spec).smaller(spec), key=lambda each: each[0]):
        pqc = build_pqc(smaller)
        if pqc.circuit.num_nonlocal_gates() > most_gates:
            continue
        yield smaller, pqc
        n_tried += 1
        if n_tried == MOST_TRIED:
            return
