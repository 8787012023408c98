"""``qkdrp depth``."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.circuits.entanglers import ENTANGLERS
from qkdrp.circuits.families.measurement import MEASUREMENTS
from qkdrp.cli.options import Output

_CIRCUITS, _RULES, _LOAD = "Circuits", "Rules", "Run times"


def depth(
    *,
    spec: Annotated[
        list[str] | None,
        typer.Option(
            help="Sizes n1,n2,n3, such as 4,2,1; may be repeated.",
            metavar="N1,N2,N3",
            rich_help_panel=_CIRCUITS,
        ),
    ] = None,
    grid: Annotated[
        bool,
        typer.Option(
            "--grid", help="The paper's twelve sizes, read both ways.", rich_help_panel=_CIRCUITS
        ),
    ] = False,
    run: Annotated[
        Path | None,
        typer.Option(help="The circuit of a run folder.", rich_help_panel=_CIRCUITS),
    ] = None,
    measurements: Annotated[
        str,
        typer.Option(
            help=f"Of {', '.join(MEASUREMENTS)}, with commas between. [default: multi; both for "
            "--grid]",
            metavar="NAMES",
            rich_help_panel=_CIRCUITS,
        ),
    ] = "",
    entanglers: Annotated[
        str,
        typer.Option(
            help=f"Of {', '.join(ENTANGLERS)}, with commas between. [default: ring, or the run's]",
            metavar="NAMES",
            rich_help_panel=_CIRCUITS,
        ),
    ] = "",
    absorb_tail: Annotated[
        bool,
        typer.Option(
            "--absorb-tail",
            help="Start from circuits whose last CNOTs are in the observables.",
            rich_help_panel=_CIRCUITS,
        ),
    ] = False,
    devices: Annotated[
        str,
        typer.Option(
            help="With commas between: fake_torino and the like, or ibm_fez and the like with an "
            "account. [default: one fake device of each kind]",
            metavar="NAMES",
        ),
    ] = "",
    levels: Annotated[
        str,
        typer.Option(help="Optimisation levels, 0 to 3, with commas between.", metavar="LEVELS"),
    ] = "3",
    seeds: Annotated[
        int, typer.Option(help="Seeds of the transpiler; the best counts.", min=1)
    ] = 10,
    seed: Annotated[int, typer.Option(help="First of them.", min=0)] = 0,
    fractional: Annotated[
        bool,
        typer.Option(
            "--fractional", help="Use rx and rzz of any angle; errors are assumed on fake devices."
        ),
    ] = False,
    reduce: Annotated[
        bool, typer.Option(help="Try forms with the same values and fewer gates.")
    ] = True,
    recommend: Annotated[
        str,
        typer.Option(
            help="Where to look for the smallest change that meets each rule: best, each circuit's "
            "best device; all; none.",
            metavar="NAME",
        ),
    ] = "best",
    qv: Annotated[
        int | None,
        typer.Option(
            help="Quantum volume of all devices. [default: the device's own, or published]",
            rich_help_panel=_RULES,
        ),
    ] = None,
    min_success: Annotated[
        float, typer.Option(help="Least success that is enough.", rich_help_panel=_RULES)
    ] = 0.5,
    max_duration: Annotated[
        float,
        typer.Option(
            help="Largest duration, as a share of the shortest of T1 and T2.",
            rich_help_panel=_RULES,
        ),
    ] = 0.3,
    shots: Annotated[int, typer.Option(help="Of each circuit.", rich_help_panel=_LOAD)] = 4096,
    samples: Annotated[
        int, typer.Option(help="New samples of an inference.", rich_help_panel=_LOAD)
    ] = 100,
    batch_size: Annotated[
        int, typer.Option(help="Samples of a step of training.", rich_help_panel=_LOAD)
    ] = 128,
    cache: Annotated[bool, typer.Option(help="Keep transpilations in your cache folder.")] = True,
    workers: Annotated[int, typer.Option(help="Processes; 0 for all cores.", min=0)] = 0,
    output: Output = None,
) -> None:
    """Report which circuits a device can hold, and the smallest change that makes one fit."""
    from qkdrp.backends.depth.analyse import depth_report
    from qkdrp.backends.depth.cache import Cache
    from qkdrp.backends.depth.rules import Limits
    from qkdrp.backends.depth.times import Load
    from qkdrp.cli.depth_report import print_report, print_written
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.cli.options import parse_names, parse_whole_numbers
    from qkdrp.reports.depth.question import DEVICES, choose_circuits
    from qkdrp.reports.depth.write import write_report
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
    with CircuitBar() as bar:
        report = depth_report(
            circuits,
            parse_names(devices) or DEVICES,
            levels=parse_whole_numbers("--levels", levels),
            seeds=range(seed, seed + seeds),
            quantum_volume=qv,
            fractional=fractional,
            reduce=reduce,
            recommend=recommend,
            limits=Limits(min_success, max_duration),
            load=Load(shots, samples, batch_size),
            cache=Cache.standard() if cache else Cache(None),
            workers=workers,
            on_progress=bar.update,
        )
    print_report(report)
    if output is not None:
        write_report(report, output)
        print_written(output)
