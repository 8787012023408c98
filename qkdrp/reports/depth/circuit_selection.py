"""Circuits and devices of a depth report, from what the command line says."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qkdrp.circuits import CircuitSpec, family_of, parse_spec
from qkdrp.circuits.families.reuploading.grid import BOTH, paper_grid
from qkdrp.common.errors import ConfigError, RunError

DEVICES = ("fake_torino", "fake_fez", "fake_boston", "fake_miami", "fake_sherbrooke")
"""Devices where none are named, one of each kind: Heron r1, r2 and r3, Nighthawk, Eagle."""


def choose_circuits(
    specs: Sequence[str] = (),
    *,
    grid: bool = False,
    run: Path | None = None,
    measurements: Sequence[str] = (),
    entanglers: Sequence[str] = (),
    absorb_tail: bool = False,
) -> list[CircuitSpec]:
    """Return the circuits that are asked for.

    Args:
        specs: Circuits as :func:`~qkdrp.circuits.parse_spec` reads them, such as ``4,2,1``.
        grid: Whether the paper's twelve sizes are asked for, too.
        run: A run folder whose circuits are asked for, too.
        measurements: How they are read; by default as each text says, and both ways for the grid.
        entanglers: Entanglers of all circuits instead of their own.
        absorb_tail: Whether tails are absorbed.

    Raises:
        ConfigError: If nothing is asked for, or a text stands for no circuit.
        CircuitError: If a circuit cannot be built, or its family lacks a choice.
        RunError: If the folder is none of a run, or its model has no circuit.
    """
    found = _given(specs, measurements)
    if grid:
        found += paper_grid(measurements or BOTH)
    if run is not None:
        found += layers_of_run(run).values()
    if not found:
        raise ConfigError("Found no circuit: give --spec 4,2,1, --grid or --run FOLDER.")
    for choices in (_each("entangler", entanglers), _each("absorb_tail", [True] * absorb_tail)):
        found = [_with(spec, choice) for choice in choices for spec in found]
    return found


def _given(specs: Sequence[str], measurements: Sequence[str]) -> list[CircuitSpec]:
    """Return circuits given as text, each with all measurements in turn."""
    choices = _each("measurement", measurements)
    return [_with(parse_spec(text), choice) for text in specs for choice in choices]


def _each(name: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the choices to be made one after the other; an empty one where there are none."""
    return [{name: value} for value in values] or [{}]


def _with(spec: CircuitSpec, choices: Mapping[str, Any]) -> CircuitSpec:
    changed: CircuitSpec = family_of(spec).with_choices(spec, **choices)
    return changed


def layers_of_run(path: Path) -> dict[str, CircuitSpec]:
    """Return the circuit of each quantum layer of a run's model, by the layer's name.

    Raises:
        RunError: If the folder is none of a run, or its model has no circuit.
    """
    from qkdrp.circuits.families.own import OwnCircuit
    from qkdrp.runs.folder import read_config
    from qkdrp.systems.registry import find_system

    config = read_config(path)
    circuits = find_system(config.system).circuits(config)
    if not circuits:
        raise RunError(f"{path}: {config.model.in_words} has no circuit; give another run.")
    several = len(circuits) > 1
    return {
        name: each.pqc.spec or OwnCircuit(each.pqc, number, name if several else "")
        for number, (name, each) in enumerate(circuits.items(), start=1)
    }
