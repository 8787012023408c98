"""``qkdrp experiment noise-sensitivity``."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import typer

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.noise.options import HARDWARE, OPTIONS, config_of, hardware_of
from qkdrp.experiments.study.options import command_of

if TYPE_CHECKING:
    from qkdrp.experiments.noise.plan import NoisePlan

NAME = "noise-sensitivity"
"""Of the command."""

HELP = "How noise changes models of different a and r, and whether the best a and r move."
"""What the study does, in one line."""


def open_plan(stack: ExitStack, given: Mapping[str, Any]) -> "NoisePlan":
    """Return the plan of the study as the options say, and print what hardware costs.

    Args:
        stack: Closes the device, where one is asked for.
        given: The options.
    """
    config = config_of(given)
    from qkdrp.cli.console import console
    from qkdrp.experiments.noise.cost_preview import print_costs
    from qkdrp.experiments.noise.device import Hardware
    from qkdrp.experiments.noise.plan import NoisePlan
    from qkdrp.experiments.study.steps import StepProgress

    hardware = None
    if given["evaluated_on"] == HARDWARE:
        options = config.device | hardware_of(given, of_one_call=True)
        hardware = stack.enter_context(Hardware(options, config.shots))
    folder = given["output"] if given["resume"] else None
    with StepProgress(console(stderr=True)) as progress:
        trial = progress.trial_of("preparing circuits")
        plan = NoisePlan.open(config, folder, hardware, trial, progress.tell)
    if hardware is not None:
        print_costs(plan.device_costs(), dry=given["dry_run"])
    return plan


def run(given: Mapping[str, Any]) -> None:
    """Run the study, or say what it would cost on hardware."""
    if given["dry_run"] and given["evaluated_on"] != HARDWARE:
        raise ConfigError(f"--dry-run tells what hardware costs: give --backend {HARDWARE}, too.")
    with ExitStack() as stack:
        plan = open_plan(stack, given)
        if not given["dry_run"]:
            from qkdrp.experiments.noise.report import NoiseReport
            from qkdrp.experiments.study.conduct import conduct_as_told

            conduct_as_told(plan, NoiseReport(plan), given)


def show_plan(given: Mapping[str, Any]) -> None:
    """Print what the study would take."""
    with ExitStack() as stack:
        plan = open_plan(stack, {**given, "dry_run": True})
        from qkdrp.experiments.noise.costs import costs_of_trainings
        from qkdrp.experiments.study.estimate import show_estimate

        cells = len(plan.cells)
        print(f"{len(plan.places)} trained models, {cells} cells each")  # noqa: T201
        show_estimate(lambda on_trial: costs_of_trainings(plan, on_trial), given["workers"])


def register(app: typer.Typer, plans: typer.Typer) -> None:
    """Add the command, and its plan."""
    app.command(NAME, help=HELP)(command_of(OPTIONS, run))
    plans.command(NAME, help=HELP)(command_of(OPTIONS, show_plan))
