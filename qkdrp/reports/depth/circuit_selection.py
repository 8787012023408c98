"""Which circuits and devices a depth report is about."""

from collections.abc import Sequence
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
        run: A run folder whose circuit is asked for, too.
        measurements: How they are read; by default as each text says, and both ways for the grid.
        entanglers: Entanglers of all circuits instead of their own.
        absorb_tail: Whether tails are absorbed.

    Raises:
        ConfigError: If nothing is asked for, or a text stands for no circuit.
        CircuitError: If a circuit cannot be built, or its family lacks a choice.
        RunError: If the folder is none of a run, or its model has no circuit.
    """
    given = [parse_spec(text) for text in specs]
    if measurements:
        given = [_with(spec, measurement=how) for spec in given for how in measurements]
    in_grid = paper_grid(measurements or BOTH) if grid else []
    of_run = [] if run is None else [_spec_of_run(run)]
    found: list[CircuitSpec] = [*given, *in_grid, *of_run]
    if not found:
        raise ConfigError("Found no circuit: give --spec 4,2,1, --grid or --run FOLDER.")
    if entanglers:
        found = [_with(spec, entangler=name) for name in entanglers for spec in found]
    return [_with(spec, absorb_tail=True) for spec in found] if absorb_tail else found


def _with(spec: CircuitSpec, **choices: Any) -> CircuitSpec:  # noqa: ANN401  # as the fields are
    changed: CircuitSpec = family_of(spec).with_choices(spec, **choices)
    return changed


def _spec_of_run(path: Path) -> CircuitSpec:
    from qkdrp.runs.folder import read_config
    from qkdrp.systems.response.recipes import recipe_of, spec_of

    model = read_config(path).model
    if not recipe_of(model).quantum:
        raise RunError(f"{path}: model {model.model!r} has no circuit; give another run.")
    return spec_of(model)
