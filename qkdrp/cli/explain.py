"""``qkdrp explain``."""

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from qkdrp.cli.console import console, print_folder, print_note
from qkdrp.cli.options import Output, Threads, parse_names
from qkdrp.runs.explain.settings import ExplainSettings
from qkdrp.runs.new_folder import refuse_taken
from qkdrp.runs.run_path import check_run_path, check_samples_path

if TYPE_CHECKING:
    import pandas as pd

    from qkdrp.runs.explain.explain import Explanation
    from qkdrp.runs.explain.wholes import ExplainedWhole

NO_DRUGS = "none"
"""Stands for no drug at all."""

SHOWN = 10
"""Features in the table on the terminal."""

Rows = Annotated[
    int | None,
    typer.Option(
        help="Held-out rows that are explained at most. [default: all; of pairs 256]",
        show_default=False,
    ),
]
Drugs = Annotated[
    str | None,
    typer.Option(
        help="Of pairs: drugs that are explained atom by atom and drawn, by id or name with "
        "commas between, or none. [default: those with the most pairs]",
        metavar="LIST",
        show_default=False,
    ),
]


def explain(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders; several tell how stable it is.", metavar="RUN..."),
    ],
    *,
    source: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="Other rows with responses, instead of the test rows that the runs keep.",
            metavar="FOLDER",
        ),
    ] = None,
    backend: Annotated[
        str, typer.Option(help="An exact one: statevector or aer_exact.", metavar="NAME")
    ] = "statevector",
    repeats: Annotated[int, typer.Option(help="Permutations for each feature.")] = 5,
    steps: Annotated[int, typer.Option(help="Points on each line of integrated gradients.")] = 64,
    top: Annotated[int, typer.Option(help="Features that count as the most important.")] = 20,
    rows: Rows = None,
    drugs: Drugs = None,
    seed: Annotated[int, typer.Option(help="Of the permutations.", min=0)] = 0,
    threads: Threads = 0,
    output: Output = None,
) -> None:
    """Tell which features, such as genes, count in trained runs, and how surely."""
    wholes = None if drugs is None else () if drugs == NO_DRUGS else tuple(parse_names(drugs))
    settings = ExplainSettings(
        source, backend, repeats, steps, top, seed, threads, rows=rows, wholes=wholes
    )
    for run in runs:
        check_run_path(run)
    if source is not None:
        check_samples_path(source)
    refuse_taken(output)
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.cli.report_page import write_page_of
    from qkdrp.reports.explanation import write_explanation_page
    from qkdrp.runs.explain.explain import explain as explain_runs

    with CircuitBar() as bar:
        explanation = explain_runs(runs, settings, output, bar.update)
    write_explanation_page(explanation.path)
    if explanation.path.is_relative_to(runs[0]):
        write_page_of(runs[0])
    _report(explanation)


def _report(explanation: "Explanation") -> None:
    """Print the most important features, how well methods and runs agree, and where files are."""
    screen = console()
    for note in explanation.notes:
        print_note(note)
    screen.print(_table(explanation))
    for line in _lines(explanation):
        screen.print(line, soft_wrap=True)
    for whole in explanation.wholes:
        screen.print(_whole_line(whole), soft_wrap=True)
    print_folder("explanation", explanation.path)


def _table(explanation: "Explanation") -> Table:
    from qkdrp.runs.explain.importance import GRADIENTS, PERMUTATION
    from qkdrp.runs.explain.table import SLOPE

    over = explanation.record["intervals_over"]
    table = Table(
        title=f"{explanation.noun}s that count most",
        caption=f"in brackets: 95% intervals over {over}; slope: change of the prediction per unit "
        "of input",
        box=SIMPLE_HEAD,
    )
    for name in (explanation.noun, "loss if permuted", "#", "integrated gradients", "#", SLOPE):
        table.add_column(name)
    for _, row in explanation.table.head(SHOWN).iterrows():
        cells = [cell for method in (PERMUTATION, GRADIENTS) for cell in _cells(row, method)]
        table.add_row(str(row["feature"]), *cells, _signed(row[SLOPE]))
    return table


def _cells(row: "pd.Series[float]", method: str) -> tuple[str, str]:
    """Return importance with interval, and its place."""
    low, high = row[f"{method}_low"], row[f"{method}_high"]
    bounds = "" if isnan(low) else f" ({low:.2g}, {high:.2g})"  # not a number
    return f"{row[method]:.2g}{bounds}", f"{row[f'{method}_rank']:g}"


def _signed(value: float) -> str:
    return "-" if isnan(value) else f"{value:+.2g}"


def _lines(explanation: "Explanation") -> list[str]:
    record, lines = explanation.record, []
    rows = ", ".join(str(run["rows"]) for run in record["runs"])
    gap = max(run["completeness_gap"] for run in record["runs"])
    lines.append(
        f"{len(explanation.table)} {explanation.noun}s, {rows} held-out rows; attributions add up "
        f"to the change of each prediction within {gap:.1e}"
    )
    if record["methods_agree"] is not None:
        lines.append(f"both methods: rank correlation {record['methods_agree']:.2f}")
    for method, found in explanation.stability.items():
        if found is not None:
            correlation = found.rank_correlation
            words = "-" if correlation is None else _agreement(correlation)
            lines.append(
                f"over {found.n_runs} runs, {method.replace('_', ' ')}: rank correlation {words}; "
                f"of the top {found.top}, two runs share {_agreement(found.overlap)}, by chance "
                f"{found.overlap_by_chance:.2f}"
            )
    if len(record["runs"]) == 1:
        lines.append("how stable this is over seeds: give several runs")
    return lines


def _whole_line(found: "ExplainedWhole") -> str:
    """Return the parts of a thing that count most, and how well runs agree on that."""
    whole, values = found.whole, found.table["attribution"]
    names = whole.features.names
    best = ", ".join(
        f"{names[place]} {values[place]:+.2g}" for place in values.abs().nlargest(4).index
    )
    line = f"{whole.title}: {best}; all {len(names)} {whole.noun}s {values.sum():+.2g}"
    stable = found.stability
    if stable is None or stable.rank_correlation is None:
        return line
    return f"{line}; rank correlation of runs {_agreement(stable.rank_correlation)}"


def _agreement(found: tuple[float, float, float]) -> str:
    mean, low, high = found
    return f"{mean:.2f} ({low:.2f} to {high:.2f})"
