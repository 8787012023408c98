"""The command of a study and that of its plan, made from what the study brings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

import typer

from qkdrp.cli.options_from_models import Section
from qkdrp.common.settings import Settings
from qkdrp.experiments.study.options import command_of


@dataclass(frozen=True)
class StudyCommand:
    """A study as two commands: one runs it, the other one tells what it would take.

    Places are ``module:object``, imported when the command runs: they take time.

    Args:
        name: Of the command.
        help: What the study does, in one line.
        options: Sections of its options, in the order of the help.
        settings: Returns its settings from the options; refuses wrong ones at once.
        plan: Place of its plan, opened with settings and what is called with each step.
        report: Place of its report, made from the plan.
        costs: Place of what yields the costs of its parts, from the plan and trials.
    """

    name: str
    help: str
    options: tuple[Section, ...]
    settings: Callable[[Mapping[str, Any]], Settings]
    plan: str
    report: str
    costs: str

    def open_plan(self, given: Mapping[str, Any]) -> Any:  # noqa: ANN401  # of the study
        """Return the plan of the study as the options say, telling what takes time.

        Args:
            given: The options.
        """
        config = self.settings(given)
        from qkdrp.cli.console import console
        from qkdrp.experiments.study.steps import StepProgress

        kind = resolve_name(self.plan)
        with StepProgress(console(stderr=True)) as progress:
            return kind.open(config, progress.tell)

    def run(self, given: Mapping[str, Any]) -> None:
        """Run the study and write its report."""
        plan = self.open_plan(given)
        from qkdrp.experiments.study.conduct import conduct_as_told

        conduct_as_told(plan, resolve_name(self.report)(plan), given)

    def show_plan(self, given: Mapping[str, Any]) -> None:
        """Print what the study would train, and for how long."""
        plan = self.open_plan(given)
        from qkdrp.experiments.study.estimate import show_estimate

        costs = resolve_name(self.costs)
        show_estimate(lambda on_trial: costs(plan, on_trial), given["workers"])

    def register(self, app: typer.Typer, plans: typer.Typer) -> None:
        """Add the command, and its plan."""
        app.command(self.name, help=self.help)(command_of(self.options, self.run))
        plans.command(self.name, help=self.help)(command_of(self.options, self.show_plan))
