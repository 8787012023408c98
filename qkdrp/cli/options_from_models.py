"""Command line options made from the fields of settings.

A field's description is the option's help, its default the option's default. Its
``json_schema_extra`` may hold ``flag`` (another name), ``metavar``, ``show_default``, ``panel``
(None for the first one) and ``format`` (a key of :data:`PARSERS`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo
from rich.markup import escape

from qkdrp.cli.options import read_angle
from qkdrp.common.settings import Settings

Command = Callable[..., Any]

PARSERS: Mapping[str, tuple[Callable[[str], Any], str]] = {"angle": (read_angle, "ANGLE")}
"""Readers of text by the format that a field names, and what the help calls such text."""


@dataclass(frozen=True)
class Section:
    """Settings whose fields become options, side by side.

    Args:
        settings: The settings.
        panel: Panel of the help; None for the first one.
        without: Fields that are no options.
    """

    settings: type[Settings]
    panel: str | None = None
    without: Sequence[str] = ()

    def parameters(self) -> list[Parameter]:
        """Return one keyword parameter per field, as typer reads them."""
        fields = self.settings.model_fields.items()
        return [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=Annotated[_shell_type(field.annotation), _option(field, self.panel)],
            )
            for name, field in fields
            if name not in self.without
        ]


def option(settings: type[Settings], name: str, panel: str | None = None) -> Any:  # noqa: ANN401
    """Return typer's option for one field, to annotate a parameter with.

    Args:
        settings: The settings.
        name: Of the field.
        panel: Panel of the help; None for the first one.
    """
    return _option(settings.model_fields[name], panel)


def with_options(*sections: Section) -> Callable[[Command], Command]:
    """Give a command the options of sections, before its own.

    The command takes them as keywords, ``**settings``.

    Args:
        *sections: In the order of the help.
    """

    def decorate(command: Command) -> Command:
        made = [parameter for section in sections for parameter in section.parameters()]
        own = [
            parameter
            for parameter in signature(command).parameters.values()
            if parameter.kind is not Parameter.VAR_KEYWORD
        ]
        command.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
            parameters=sorted([*made, *own], key=lambda each: each.kind)  # arguments come first
        )
        return command

    return decorate


def _option(field: FieldInfo, panel: str | None) -> Any:  # noqa: ANN401  # typer's option
    shown: dict[str, Any] = {"panel": panel}
    if isinstance(field.json_schema_extra, dict):
        shown |= field.json_schema_extra
    known = shown.get("format") in PARSERS
    parser, metavar = PARSERS[shown["format"]] if known else (None, None)
    return typer.Option(
        *([shown["flag"]] if "flag" in shown else []),
        help=escape(field.description or ""),  # [default: ...] is no markup
        metavar=shown.get("metavar", metavar),
        parser=parser,
        show_default=shown.get("show_default", True),
        rich_help_panel=shown["panel"],
    )


def _shell_type(annotation: Any) -> Any:  # noqa: ANN401  # types are any objects
    """Return the type of the words that typer reads; settings check them afterwards."""
    if get_origin(annotation) in {Union, UnionType}:
        kinds = [_shell_type(each) for each in get_args(annotation) if each is not NoneType]
        return Union[(*kinds, None)]  # made from a list
    return str if get_origin(annotation) is Literal else annotation
