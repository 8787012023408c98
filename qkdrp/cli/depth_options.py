"""Options of ``qkdrp depth``."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.circuits import ENTANGLERS, MEASUREMENTS

_CIRCUITS, _RULES, _LOAD = "Circuits", "Rules", "Run times"

Specs = Annotated[
    list[str] | None,
    typer.Option(
        help="A circuit, such as 4,2,1 or 8,32,5,single, or FAMILY:... as the family writes it; "
        "may be repeated.",
        metavar="N1,N2,N3",
        rich_help_panel=_CIRCUITS,
    ),
]
Grid = Annotated[
    bool,
    typer.Option(
        "--grid", help="The paper's twelve sizes, read both ways.", rich_help_panel=_CIRCUITS
    ),
]
RunFolder = Annotated[
    Path | None,
    typer.Option(help="The circuit of a run folder.", rich_help_panel=_CIRCUITS),
]
Measurements = Annotated[
    str,
    typer.Option(
        help=f"Of {', '.join(MEASUREMENTS)}, with commas between. [default: multi; both for "
        "--grid]",
        metavar="NAMES",
        rich_help_panel=_CIRCUITS,
    ),
]
Entanglers = Annotated[
    str,
    typer.Option(
        help=f"Of {', '.join(ENTANGLERS)}, with commas between. [default: ring, or the run's]",
        metavar="NAMES",
        rich_help_panel=_CIRCUITS,
    ),
]
AbsorbTail = Annotated[
    bool,
    typer.Option(
        "--absorb-tail",
        help="Start from circuits whose last CNOTs are in the observables.",
        rich_help_panel=_CIRCUITS,
    ),
]
Devices = Annotated[
    str,
    typer.Option(
        help="With commas between: fake_torino and the like, or ibm_fez and the like with an "
        "account. [default: one fake device of each kind]",
        metavar="NAMES",
    ),
]
Levels = Annotated[
    str,
    typer.Option(help="Optimisation levels, 0 to 3, with commas between.", metavar="LEVELS"),
]
Seeds = Annotated[int, typer.Option(help="Seeds of the transpiler; the best counts.", min=1)]
FirstSeed = Annotated[int, typer.Option(help="First of them.", min=0)]
Fractional = Annotated[
    bool,
    typer.Option(
        "--fractional", help="Use rx and rzz of any angle; errors are assumed on fake devices."
    ),
]
Reduce = Annotated[bool, typer.Option(help="Try forms with the same values and fewer gates.")]
Recommend = Annotated[
    str,
    typer.Option(
        help="Where to look for the smallest change that meets each rule: best, each circuit's "
        "best device; all; none.",
        metavar="NAME",
    ),
]
QuantumVolume = Annotated[
    int | None,
    typer.Option(
        help="Quantum volume of all devices. [default: the device's own, or published]",
        rich_help_panel=_RULES,
    ),
]
MinSuccess = Annotated[
    float, typer.Option(help="Least success that is enough.", rich_help_panel=_RULES)
]
MaxDuration = Annotated[
    float,
    typer.Option(
        help="Largest duration, as a share of the shortest of T1 and T2.", rich_help_panel=_RULES
    ),
]
Shots = Annotated[int, typer.Option(help="Of each circuit.", rich_help_panel=_LOAD)]
Samples = Annotated[int, typer.Option(help="New samples of an inference.", rich_help_panel=_LOAD)]
BatchSize = Annotated[
    int, typer.Option(help="Samples of a step of training.", rich_help_panel=_LOAD)
]
KeepTrials = Annotated[bool, typer.Option(help="Keep transpilations in your cache folder.")]
Workers = Annotated[int, typer.Option(help="Processes; 0 for all cores.", min=0)]
