"""Command line options made from the fields of settings.

A field's description is the option's help, its default the option's default. Its
``json_schema_extra`` may hold ``flag`` (another name), ``metavar``, ``show_default``, ``panel``
(None for the first one), ``format`` (a key of :data:`PARSERS`) and ``min``. With ``left_out`` the
option is None where it is not given, because its default depends on others, such as a preset; the
help shows that text. Fields that hold tuples take values between commas, or, with ``repeated``,
are given several times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo
from rich.markup import escape

from qkdrp.cli.options import parse_names, read_angle
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
        only: The fields that are options, in this order; empty for all of them.
    """

    settings: type[Settings]
    panel: str | None = None
    without: Sequence[str] = ()
    only: Sequence[str] = ()

    def parameters(self) -> list[Parameter]:
        """Return one keyword parameter per field, as typer reads them."""
        fields = self.settings.model_fields
        return [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                default=None if "left_out" in _extra(fields[name]) else fields[name].default,
                annotation=Annotated[_type_of(fields[name]), _option(fields[name], self.panel)],
            )
            for name in self.only or fields
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
    shown: dict[str, Any] = {"panel": panel, **_extra(field)}
    parser, metavar = PARSERS.get(shown.get("format", ""), (None, None))
    if _is_list(field):
        parser, metavar = partial(read_list, parser or _kind_of_values(field)), "LIST"
    return typer.Option(
        *([shown["flag"]] if "flag" in shown else []),
        help=escape(field.description or ""),  # [default: ...] is no markup
        metavar=shown.get("metavar", metavar),
        parser=parser,
        min=shown.get("min"),
        show_default=shown.get("left_out", shown.get("show_default", True)),
        rich_help_panel=shown["panel"],
    )


def read_list(read: Callable[[str], Any], text: str) -> tuple[Any, ...]:
    """Read values between commas.

    Args:
        read: Reads one value.
        text: The values.

    Raises:
        typer.BadParameter: If a value is invalid.
    """
    try:
        return tuple(map(read, parse_names(text)))
    except ValueError as error:
        raise typer.BadParameter(f"found {text!r}, expected values separated by commas.") from error


def _extra(field: FieldInfo) -> dict[str, Any]:
    return dict(field.json_schema_extra) if isinstance(field.json_schema_extra, dict) else {}


def _is_list(field: FieldInfo) -> bool:
    """Tell whether a field takes values between commas."""
    return get_origin(field.annotation) is tuple and not _extra(field).get("repeated")


def _kind_of_values(field: FieldInfo) -> Callable[[str], Any]:
    """Return the type of the values of a tuple, without what is checked of them."""
    kind = get_args(field.annotation)[0]
    found: Callable[[str], Any] = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return found


def _type_of(field: FieldInfo) -> Any:  # noqa: ANN401
    """Return the type of the words that typer reads for a field."""
    if get_origin(field.annotation) is tuple:
        return str | None if _is_list(field) else list[str] | None
    kind = _shell_type(field.annotation)
    return Union[kind, None] if "left_out" in _extra(field) else kind  # noqa: UP007  # at run time


def _shell_type(annotation: Any) -> Any:  # noqa: ANN401  # types are any objects
    """Return the type of the words that typer reads; settings check them afterwards."""
    if get_origin(annotation) in {Union, UnionType}:
        kinds = [_shell_type(each) for each in get_args(annotation) if each is not NoneType]
        return Union[(*kinds, None)]  # made from a list
    return str if get_origin(annotation) is Literal else annotation
