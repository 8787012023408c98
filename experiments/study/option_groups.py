"""Groups of options: classes whose fields become the options of a command."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, get_type_hints


def command_of(
    groups: Sequence[type], run: Callable[[dict[str, Any]], None]
) -> Callable[..., None]:
    """Return a command that takes the options of some groups.

    Args:
        groups: Classes; each field is an option, with typer's annotation and its default.
        run: Called with the options by name.
    """
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=getattr(group, name),
            annotation=hint,
        )
        for group in groups
        for name, hint in get_type_hints(group, include_extras=True).items()
    ]

    def command(**given: Any) -> None:  # noqa: ANN401  # typer reads the signature below
        run(given)

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command
