"""Groups of options that are written out, beside those that are made from settings."""

import inspect
from dataclasses import dataclass
from typing import get_type_hints


@dataclass(frozen=True)
class OptionGroup:
    """A class whose fields become options.

    Args:
        fields: The class; each field has typer's annotation and its default.
    """

    fields: type

    def parameters(self) -> list[inspect.Parameter]:
        """Return one keyword parameter per field, as typer reads them."""
        return [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=getattr(self.fields, name),
                annotation=hint,
            )
            for name, hint in get_type_hints(self.fields, include_extras=True).items()
        ]
