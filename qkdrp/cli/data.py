"""``qkdrp data``: looking at data, and fetching the paper's."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.cli.options_from_models import Section, with_options
from qkdrp.systems.response.config import DataConfig

SHOWN_WITHOUT = ("drug", "zscore", "variance_threshold", "stratify_test", "target", "residual_by")
"""Settings of data that change nothing of what is shown."""

app = typer.Typer(help="Look at data, or fetch the paper's.", no_args_is_help=True)


@app.command()
@with_options(Section(DataConfig, without=SHOWN_WITHOUT))
def show(**settings: object) -> None:
    """List the drugs of a data folder with their counts."""
    from qkdrp.cli.data_report import report_drugs
    from qkdrp.systems.response.data.load import list_drugs, load_cohort

    data = DataConfig.make(**DataConfig.pick(settings))
    chosen = data.model_dump(exclude={"source", "drug"}, exclude_unset=True)
    report_drugs(load_cohort(data.source, drug, **chosen) for drug in list_drugs(data.source))


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
