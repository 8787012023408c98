"""``qkdrp data``: looking at data, and fetching the paper's."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.cli.options import Decimal, Partner, Source
from qkdrp.systems.response.checks import check_source

app = typer.Typer(help="Look at data, or fetch the paper's.", no_args_is_help=True)


@app.command()
def show(source: Source = "synthetic", partner: Partner = None, decimal: Decimal = None) -> None:
    """List the drugs of a data folder with their counts."""
    check_source(source)
    from qkdrp.cli.data_report import report_drugs
    from qkdrp.systems.response.data import list_drugs, load_cohort

    given = {"partner": partner, "decimal": decimal}
    options = {name: value for name, value in given.items() if value}
    report_drugs(load_cohort(source, drug, **options) for drug in list_drugs(source))


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Which data: moli.", metavar="NAME")],
    output: Annotated[Path, typer.Option(help="Folder to unpack into.")] = Path("moli"),
) -> None:
    """Download published data, check and unpack them."""
    from qkdrp.cli.download_report import DownloadBar, report_counts
    from qkdrp.systems.response.data.fetch import fetch_dataset

    with DownloadBar() as progress:
        counts = fetch_dataset(name, output, progress)
    if not report_counts(output, counts):
        raise typer.Exit(1)
