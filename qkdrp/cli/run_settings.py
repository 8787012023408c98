"""Settings of a training from the options of its command, for every system."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from qkdrp.backends.options import HardwareOptions, NoiseOptions
from qkdrp.common.settings import Settings
from qkdrp.training.run_config import RunConfig

ConfigT = TypeVar("ConfigT", bound=RunConfig)

OF_EVALUATION = (
    "dynamical_decoupling",
    "twirling",
    "fractional_gates",
    "runtime_estimator",
    "no_wait",
    "resubmit",
    "dry_run",
)
"""Options of hardware that training does not take."""


def run_settings(
    kind: type[ConfigT],
    settings: Mapping[str, Any],
    torch_device: str,
    **own: Any,  # noqa: ANN401  # validated as settings
) -> ConfigT:
    """Return the settings of a training.

    Args:
        kind: Class of the system's settings, which names the classes of its sections.
        settings: Options that are made from sections, from noise and from hardware.
        torch_device: Where torch trains; ``--device`` names hardware.
        **own: Settings outside the sections.

    Raises:
        ConfigError: If one is invalid.
    """
    given = dict(settings) | {"device": torch_device}
    sections = {name: section_of(kind, name).pick(given) for name in ("data", "model", "fit")}
    hardware = HardwareOptions.among(settings)
    options = NoiseOptions.among(settings).of_backend() | hardware.of_backend()
    return kind.make(**sections, **own, backend_options=options)


def section_of(kind: type[RunConfig], name: str) -> type[Settings]:
    """Return the class of a section of settings."""
    return cast("type[Settings]", kind.model_fields[name].annotation)
