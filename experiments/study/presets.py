"""Presets: how thorough a study is, as an option of its command."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, create_model

from qkdrp.cli.options_from_models import Section
from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.common.settings import Settings
from qkdrp.experiments.study.options import PROTOCOL


@dataclass(frozen=True)
class Presets:
    """How thorough a study can be; a small one unless the user says otherwise.

    Args:
        settings: By the name of the preset; what it does not name has its default.
        note: What the help says of some of them.

    Example:
        >>> presets = Presets({"smoke": {"epochs": 2}, "small": {}})
        >>> presets.named("smoke")
        {'epochs': 2}
    """

    settings: Mapping[str, Mapping[str, Any]]
    note: str = ""

    def section(self) -> Section:
        """Return the option ``--preset``."""
        note = f"; {self.note}" if self.note else ""
        chosen = Field(
            default="small",
            description=f"{', '.join(self.settings)}: how thorough{note}.",
            json_schema_extra={"metavar": "NAME", "panel": PROTOCOL},
        )
        return Section(create_model("Preset", __base__=Settings, preset=(str, chosen)))

    def named(self, name: str) -> Mapping[str, Any]:
        """Return the settings of a preset.

        Raises:
            ConfigError: If there is none of that name.
        """
        if name not in self.settings:
            raise ConfigError(f"preset = {name!r}: {choose_one_of(name, self.settings)}")
        return self.settings[name]
