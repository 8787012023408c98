"""The ``qkdrp`` command and its sub-commands."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.metadata import version as package_version
from typing import Annotated

import typer

from qkdrp.cli.command_table import LOOK, CommandPlace, as_shown_here, group_of

SIGINT_CODE = 130
"""What typer returns for Ctrl-C, by its version; otherwise it raises."""

COMMANDS = {
    "train": CommandPlace(
        "qkdrp.cli.train:train",
        "Train a model on one drug, or on each of several, and write a run folder for each.",
    ),
    "train-pairs": CommandPlace(
        "qkdrp.cli.train_pairs:train_pairs",
        "Train a model on pairs of cell line and drug, and write a run folder.",
    ),
    "train-pkpd": CommandPlace(
        "qkdrp.cli.train_pkpd:train_pkpd",
        "Train a model on a trial with doses, concentrations and a biomarker, and write a run.",
    ),
    "evaluate": CommandPlace(
        "qkdrp.cli.evaluate:evaluate",
        "Evaluate a trained run on any backend, on the test samples of its split.",
    ),
    "predict": CommandPlace(
        "qkdrp.cli.predict:predict",
        "Predict samples that no run has seen, in the user's units, with intervals.",
    ),
    "validate": CommandPlace(
        "qkdrp.cli.validate:validate",
        "Score runs on a cohort of other origin, with ridge regression beside them.",
    ),
    "explain": CommandPlace(
        "qkdrp.cli.explain:explain",
        "Tell which features, such as genes, count in trained runs, and how surely.",
    ),
    "report": CommandPlace(
        "qkdrp.cli.report_page:report",
        "Write the report page of runs once more, as after an explanation or an update.",
    ),
    "depth": CommandPlace(
        "qkdrp.cli.depth:depth",
        "Report which circuits a device can hold, and the smallest change that makes one fit.",
    ),
    "dose": CommandPlace(
        "qkdrp.cli.dose:dose",
        "Find the smallest dose with which enough subjects keep to a target. For research only.",
    ),
    "individualise": CommandPlace(
        "qkdrp.cli.individualise:individualise",
        "Find the dose of single patients from a few samples. For research only.",
    ),
    "data": CommandPlace("qkdrp.cli.data:app", "Look at data, or fetch the paper's."),
    "jobs": CommandPlace("qkdrp.cli.jobs:app", "Look after jobs on hardware."),
    "hub": CommandPlace(
        "qkdrp.cli.hub:app", "Share runs on the Hugging Face hub, without rows of your data."
    ),
    **{entry.name: entry.load() for entry in entry_points(group="qkdrp.commands")},
}
"""The commands in the order of the help. Rooms above this one bring theirs by the entry points
``qkdrp.commands``, each of which names a :class:`CommandPlace`."""

app = typer.Typer(
    name="qkdrp",
    help="Predict anti-cancer drug response with quantum-classical hybrid models.",
    cls=group_of(COMMANDS),
    no_args_is_help=True,
    invoke_without_command=True,
    **LOOK,
)


@app.callback()
def _common(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True)
    ] = False,
) -> None:
    if version:
        print(package_version("qkdrp"))  # noqa: T201
        raise typer.Exit


def run_app(arguments: Sequence[str] | None) -> int:
    """Run the sub-command that is asked for and return its exit code.

    Args:
        arguments: Words after ``qkdrp``; those of the process where left out.

    Raises:
        KeyboardInterrupt: On Ctrl-C, whatever typer makes of it.
    """
    command = as_shown_here(typer.main.get_command(app))
    try:
        code = command.main(args=arguments, prog_name="qkdrp", standalone_mode=False)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if code == SIGINT_CODE:
        raise KeyboardInterrupt
    return code or 0
