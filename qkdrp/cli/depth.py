"""The command ``qkdrp depth``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qkdrp.backends.isa.fake_names import check_device_name
from qkdrp.cli import depth_options as options
from qkdrp.cli.options import Output, parse_names, parse_whole_numbers
from qkdrp.runs.run_path import check_run_path

if TYPE_CHECKING:
    from qkdrp.circuits import CircuitSpec


def depth(
    *,
    spec: options.Specs = None,
    grid: options.Grid = False,
    run: options.RunFolder = None,
    measurements: options.Measurements = "",
    entanglers: options.Entanglers = "",
    absorb_tail: options.AbsorbTail = False,
    devices: options.Devices = "",
    levels: options.Levels = "3",
    seeds: options.Seeds = 10,
    seed: options.FirstSeed = 0,
    fractional: options.Fractional = False,
    reduce: options.Reduce = True,
    recommend: options.Recommend = "best",
    qv: options.QuantumVolume = None,
    min_success: options.MinSuccess = 0.5,
    max_duration: options.MaxDuration = 0.3,
    shots: options.Shots = 4096,
    samples: options.Samples = 100,
    batch_size: options.BatchSize = 128,
    cache: options.KeepTrials = True,
    workers: options.Workers = 0,
    output: Output = None,
) -> None:
    """Report which circuits a device can hold, and the smallest change that makes one fit."""
    names = parse_names(devices)
    for name in names:
        check_device_name(name)
    if run is not None:
        check_run_path(run)
    wanted_levels = parse_whole_numbers("--levels", levels)
    from qkdrp.backends.depth.rules import Limits
    from qkdrp.backends.depth.times import Load
    from qkdrp.reports.depth.circuit_selection import DEVICES, choose_circuits
    from qkdrp.runs.new_folder import refuse_taken

    refuse_taken(output)
    circuits = choose_circuits(
        spec or (),
        grid=grid,
        run=run,
        measurements=parse_names(measurements),
        entanglers=parse_names(entanglers),
        absorb_tail=absorb_tail,
    )
    settings = {
        "levels": wanted_levels,
        "seeds": range(seed, seed + seeds),
        "quantum_volume": qv,
        "fractional": fractional,
        "reduce": reduce,
        "recommend": recommend,
        "limits": Limits(min_success, max_duration),
        "load": Load(shots, samples, batch_size),
        "workers": workers,
    }
    _report(circuits, names or DEVICES, settings, run=run, cache=cache, output=output)


def _report(
    circuits: "Sequence[CircuitSpec]",
    devices: Sequence[str],
    settings: Mapping[str, Any],
    *,
    run: Path | None,
    cache: bool,
    output: Path | None,
) -> None:
    """Make a report with a progress bar, print it, and write it where that is asked for."""
    from qkdrp.backends.depth.analyse import depth_report
    from qkdrp.backends.depth.cache import Cache
    from qkdrp.cli.depth_report import print_layers, print_report, print_written
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.reports.depth.circuit_selection import layers_of_run
    from qkdrp.reports.depth.write import write_report

    if run is not None:
        print_layers(layers_of_run(run))
    kept = Cache.standard() if cache else Cache(None)
    with CircuitBar() as bar:
        report = depth_report(circuits, devices, cache=kept, on_progress=bar.update, **settings)
    print_report(report)
    if output is not None:
        write_report(report, output)
        print_written(output)
