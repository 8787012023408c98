"""Settings of predictions for new samples, by system, found through entry points.

A package that brings a system declares them in the group :data:`GROUP`, beside the system itself,
in a module that imports nothing that takes time: their fields are options of ``qkdrp predict``.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from qkdrp.common.errors import ConfigError
from qkdrp.training.new_sample_settings import NewSampleSettings

GROUP = "qkdrp.new_samples"
"""Group of entry points; each names a subclass of
:class:`~qkdrp.training.new_sample_settings.NewSampleSettings`, by the name of its system."""


@cache
def sample_settings() -> Mapping[str, type[NewSampleSettings]]:
    """Return the settings of all systems that have some of their own, by system."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    return {name: found[name].load() for name in sorted(found)}


def sample_settings_of(system: str) -> type[NewSampleSettings]:
    """Return the type of the settings of a system; that of all where it has none of its own."""
    return sample_settings().get(system, NewSampleSettings)


def own_fields(settings: type[NewSampleSettings]) -> tuple[str, ...]:
    """Return the fields that a system adds to those of all."""
    return tuple(
        name for name in settings.model_fields if name not in NewSampleSettings.model_fields
    )


def settings_for(system: str, given: Mapping[str, Any]) -> NewSampleSettings:
    """Return the settings of a system among the values of options of all systems.

    Args:
        system: Whose runs predict.
        given: Values by field.

    Raises:
        ConfigError: If a value that differs from its default is of another system, or is outside
            its range.
    """
    settings = sample_settings_of(system)
    for other, each in sample_settings().items():
        for name in own_fields(each):
            if name in settings.model_fields or name not in given:
                continue
            if given[name] != each.model_fields[name].default:
                raise ConfigError(
                    f"{flag_of(each, name)}: is of the system {other!r}, and the run is of "
                    f"{system!r}; leave it out."
                )
    return settings.among(given)


def flag_of(settings: type[NewSampleSettings], name: str) -> str:
    """Return the option that sets a field."""
    extra = settings.model_fields[name].json_schema_extra
    flag = extra.get("flag") if isinstance(extra, dict) else None
    return str(flag or f"--{name.replace('_', '-')}")
