"""``qkdrp data``: looking at data, and fetching published ones. Systems say what there is."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.cli.data_pairs import pairs
from qkdrp.cli.options import DATA
from qkdrp.cli.options_from_models import Section, with_options
from qkdrp.common.errors import ConfigError
from qkdrp.runs.new_folder import claim_folder, refuse_taken
from qkdrp.systems.response.config import DataConfig
from qkdrp.training.run_config import DEFAULT_SYSTEM
from qkdrp.training.source import check_source

SHOWN_WITHOUT = ("drug", "zscore", "variance_threshold", "stratify_test", "target", "residual_by")
"""Settings of data that change nothing of what is shown."""

app = typer.Typer(help="Look at data, or fetch the paper's.", no_args_is_help=True)


@app.command()
@with_options(Section(DataConfig, DATA, without=SHOWN_WITHOUT))
def show(
    *,
    system: Annotated[
        str, typer.Option(help="Name of the system that reads the data.", metavar="NAME")
    ] = DEFAULT_SYSTEM,
    output: Annotated[
        Path | None,
        typer.Option(help="A new folder for figures and tables, where the system has some."),
    ] = None,
    **settings: object,
) -> None:
    """Show what a source of data holds, such as the drugs of a folder with their counts."""
    refuse_taken(output)
    if system == DEFAULT_SYSTEM:
        check_source(str(settings["source"]))  # before torch and Qiskit are loaded
    from qkdrp.cli.console import print_folder
    from qkdrp.cli.data_report import print_description
    from qkdrp.cli.noise_report import CircuitBar
    from qkdrp.systems.registry import find_system

    asked = find_system(system)
    fields = DataConfig.model_fields
    given = {name: each for name, each in settings.items() if each != fields[name].default}
    with CircuitBar() as bar:
        description = asked.overview(asked.data_type().make(**given), bar.update)
    if output is not None and description.write is None:
        raise ConfigError(f"system {system!r} draws no figures of data: leave --output out.")
    print_description(description)
    if output is not None and description.write is not None:
        description.write(claim_folder(output, output))
        print_folder("figures", output)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Which data: moli, pdxe.", metavar="NAME")],
    output: Annotated[
        Path | None, typer.Option(help="Folder to unpack into. [default: the name of the data]")
    ] = None,
) -> None:
    """Download published data, check and unpack them."""
    from qkdrp.cli.console import print_folder
    from qkdrp.cli.data_report import print_description
    from qkdrp.cli.download_report import DownloadBar
    from qkdrp.systems.registry import find_download

    download, output = find_download(name), output or Path(name)
    with DownloadBar() as progress:
        description = download(output, progress)
    print_description(description)
    print_folder("data", output)
    if not description.as_published:
        raise typer.Exit(1)


app.command()(pairs)
