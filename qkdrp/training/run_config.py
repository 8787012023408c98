"""The settings of a training run that every system has."""

from typing import TypeVar

from pydantic import Field

from qkdrp.common.settings import Later, Settings
from qkdrp.training.config import FinalConfig, FitConfig

DEFAULT_SYSTEM = "response"
"""The system of settings without a tag: those of earlier versions."""

CORE = "core"
"""The setting of what stands in the place of a model's circuit, in systems that have one."""

SYNTHETIC = "synthetic"
"""The data source that needs no files."""


class DataSettings(Settings):
    """Settings that name the data; a system adds its own.

    Args:
        source: ``"synthetic"`` or a folder.
    """

    source: str = Field(
        default=SYNTHETIC,
        description="'synthetic', or your data folder.",
        json_schema_extra={"flag": "--data", "metavar": "FOLDER", "panel": None},
    )

    @classmethod
    def is_named(cls, source: str) -> bool:
        """Tell whether a source is a name rather than a path."""
        return source == SYNTHETIC


class ModelSettings(Settings):
    """Settings that name the model; a system adds its own.

    Args:
        model: Name of a model of the system.
    """

    model: str

    @property
    def unread(self) -> frozenset[str]:
        """Names of settings that the chosen model does not read; a system knows its own."""
        return frozenset()

    @property
    def in_words(self) -> str:
        """The model as messages call it, with its ``core`` where another than usual was chosen."""
        field = type(self).model_fields.get(CORE)
        core = getattr(self, CORE, None)
        changed = field is not None and core != field.default
        return f"model {self.model!r}" + (f" with core {core!r}" if changed else "")


class RunConfig(Settings):
    """All settings of a training run; a system narrows tag and sections.

    Args:
        system: Name of the system; left out of files where it is the default.
        data: What is learned from.
        model: What is trained.
        fit: How it is trained.
        backend: Where circuits run while training, a key of :data:`qkdrp.backends.BACKENDS`.
        backend_options: The backend's own options.
        seed: Of split, initialisation and shuffling.
        threads: Threads of torch and of the backend; 0 for all cores.
        data_licence: Licence of the data, for the model card.
        final: How it trains on all rows; None for rows that are held out for a test.
    """

    system: str = Field(
        default=DEFAULT_SYSTEM, exclude_if=lambda name: bool(name == DEFAULT_SYSTEM)
    )
    data: DataSettings = DataSettings()
    model: ModelSettings
    fit: FitConfig = FitConfig()
    backend: str = "aer_exact"
    backend_options: dict[str, bool | int | float | str] = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0, description="Of split, initial weights and shuffling.")
    threads: int = Field(default=0, ge=0, description="Threads; 0 for all cores.")
    # Came later than others: left out of files where it is not set.
    data_licence: str | None = Field(
        default=None,
        exclude_if=lambda given: given is None,
        description="Licence of the data, for the model card. "
        "[default: as a file LICENSE of the data folder says]",
        json_schema_extra={"metavar": "TEXT"},
    )
    final: FinalConfig | None = Later


ConfigT = TypeVar("ConfigT", bound=RunConfig)
