"""``qkdrp hub``: runs on the Hugging Face hub."""

from pathlib import Path
from typing import Annotated

import typer

from qkdrp.cli.console import console, print_folder
from qkdrp.cli.options import Output
from qkdrp.runs.new_folder import refuse_taken
from qkdrp.runs.run_path import check_hub_name, check_run_path

app = typer.Typer(
    help="Share runs on the Hugging Face hub, without rows of your data.", no_args_is_help=True
)


@app.command()
def push(
    run: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    *,
    repo: Annotated[str, typer.Option(help="Where to, made if need be.", metavar="USER/NAME")],
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody see a new repository.")
    ] = False,
) -> None:
    """Push model, settings, scores and model card; no sample, id or measurement."""
    check_hub_name(repo)
    check_run_path(run)
    from qkdrp.runs.hub import push_to_hub

    url, names = push_to_hub(run, repo, private=not public)
    screen = console()
    screen.print(f"pushed   {', '.join(names)}", soft_wrap=True)
    screen.print("kept     all else: rows of your data, their ids, predictions and figures")
    screen.print(f"commit   {url}", soft_wrap=True)


@app.command()
def pull(
    repo: Annotated[str, typer.Argument(help="Where the run is.", metavar="USER/NAME")],
    *,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit. [default: the newest]")
    ] = None,
    output: Output = None,
) -> None:
    """Pull a run into a new run folder."""
    check_hub_name(repo)
    refuse_taken(output)
    from qkdrp.runs.hub import pull_from_hub

    print_folder("run", pull_from_hub(repo, output, revision=revision))
