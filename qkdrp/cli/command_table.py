"""A group of commands that are imported when they are asked for, so that its help stays quick."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from shutil import get_terminal_size
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

LEAST_FOR_BOXES = 80
"""Columns of a screen below which options are shown without boxes, which would cut their names."""

LOOK: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": "rich",
}
"""How every app of typer is made."""


@dataclass(frozen=True)
class CommandPlace:
    """Where a command is, and what the help of its group says of it.

    Args:
        place: Module and name, such as ``qkdrp.cli.train:train``: a function, or an app of typer
            for a group of commands.
        help: The first line of its help.
    """

    place: str
    help: str

    def load(self) -> Callable[..., Any] | typer.Typer:
        """Import it."""
        module, _, name = self.place.partition(":")
        return cast("Callable[..., Any] | typer.Typer", getattr(import_module(module), name))


def group_of(places: Mapping[str, CommandPlace]) -> type[TyperGroup]:
    """Return the class of a group of commands, for typer's ``cls``.

    Args:
        places: The commands by name, in the order of the help.
    """

    class Group(TyperGroup):
        def __init__(self, **settings: Any) -> None:  # noqa: ANN401  # typer's
            super().__init__(**settings)
            for name, each in places.items():
                self.add_command(TyperCommand(name, help=each.help))

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
            if args and args[0] in places:
                self.add_command(_made(args[0], places[args[0]].load()))
            return super().resolve_command(ctx, args)

    return Group


def as_shown_here(command: Any) -> Any:  # noqa: ANN401  # a class of click's, which typer holds
    """Let a command, and those below it, show options in plain lines on a narrow screen."""
    if get_terminal_size().columns < LEAST_FOR_BOXES:
        for each in getattr(command, "commands", {}).values():
            as_shown_here(each)
        if not hasattr(command, "commands"):
            command.rich_markup_mode = None
    return command


def _made(name: str, loaded: Callable[..., Any] | typer.Typer) -> Any:  # noqa: ANN401
    """Return what typer makes of a function or an app."""
    app = loaded
    if not isinstance(app, typer.Typer):
        app = typer.Typer(**LOOK)
        app.command(name)(loaded)
    command = typer.main.get_command(app)
    command.name = name
    return as_shown_here(command)
