"""Which circuits and devices a depth report is about."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from qkdrp.circuits import PQCSpec
from qkdrp.common.errors import ConfigError, RunError

GRID = {"n_qubits": (4, 8), "n_encoding": (2, 4), "n_variational": (1, 2, 4)}
"""Circuits of table A1 of Ito et al. 2025."""

MEASUREMENTS_OF_GRID = ("multi", "single")
"""Both are read in the paper."""

DEVICES = ("fake_torino", "fake_fez", "fake_boston", "fake_miami", "fake_sherbrooke")
"""Devices where none are named, one of each kind: Heron r1, r2 and r3, Nighthawk, Eagle."""


def parse_spec(text: str, measurement: str = "multi") -> PQCSpec:
    """Read a circuit's sizes, such as ``4,2,1``.

    Args:
        text: Qubits, encoding layers, variational layers.
        measurement: How it is read.

    Raises:
        ConfigError: If it is not three numbers.
        CircuitError: If a size is too small or the measurement unknown.
    """
    numbers = re.fullmatch(r"\(?\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)?", text)
    if numbers is None:
        raise ConfigError(
            f"spec {text!r}: expected qubits, encoding layers and variational layers, such as "
            "4,2,1."
        )
    n_qubits, n_encoding, n_variational = map(int, numbers.groups())
    return PQCSpec(n_qubits, n_encoding, n_variational, measurement)


def choose_circuits(
    specs: Sequence[str] = (),
    *,
    grid: bool = False,
    run: Path | None = None,
    measurements: Sequence[str] = (),
    entanglers: Sequence[str] = (),
    absorb_tail: bool = False,
) -> list[PQCSpec]:
    """Return the circuits that are asked for.

    Args:
        specs: Sizes, such as ``4,2,1``.
        grid: Whether the paper's twelve sizes are asked for, too.
        run: A run folder whose circuit is asked for, too.
        measurements: How they are read; by default ``multi`` for sizes, both for the grid.
        entanglers: Entanglers of all circuits instead of the ring, or of the run's own.
        absorb_tail: Whether tails are absorbed.

    Raises:
        ConfigError: If nothing is asked for, or a spec cannot be meant.
        CircuitError: If a circuit cannot be built.
        RunError: If the folder is none of a run, or its model has no circuit.
    """
    found = [parse_spec(text, how) for text in specs for how in measurements or ("multi",)]
    if grid:
        sizes = list(product(*GRID.values()))
        hows = measurements or MEASUREMENTS_OF_GRID
        found += [PQCSpec(n1, n2, n3, how) for how in hows for n1, n2, n3 in sizes]
    if run is not None:
        found.append(_spec_of_run(run))
    if not found:
        raise ConfigError("Found no circuit: give --spec 4,2,1, --grid or --run FOLDER.")
    if entanglers:
        found = [replace(spec, entangler=name) for name in entanglers for spec in found]
    return [replace(spec, absorb_tail=True) for spec in found] if absorb_tail else found


def _spec_of_run(path: Path) -> PQCSpec:
    from qkdrp.runs.folder import read_config
    from qkdrp.systems.response.recipes import recipe_of, spec_of

    model = read_config(path).model
    if not recipe_of(model).quantum:
        raise RunError(f"{path}: model {model.model!r} has no circuit; give another run.")
    return spec_of(model)
