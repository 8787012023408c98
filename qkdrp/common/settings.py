"""Validated settings: the base of every configuration that is written as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qkdrp.common.errors import ConfigError
from qkdrp.common.shown import shown


class Settings(BaseModel):
    """Frozen, validated values that can be written as JSON and read back."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def make(cls, **values: Any) -> Self:  # noqa: ANN401  # validated field by field
        """Validate settings.

        Raises:
            ConfigError: If a setting is outside its range; one line, all that is wrong.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            wrong = "; ".join(map(_in_words, error.errors()))
            raise ConfigError(f"{wrong.removesuffix('.')}.") from error

    @classmethod
    def pick(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of many values that are settings here, not yet validated."""
        return {name: values[name] for name in cls.model_fields if name in values}

    @classmethod
    def among(cls, values: Mapping[str, Any]) -> Self:
        """Validate those of many values that are settings here; :meth:`pick`, then :meth:`make`.

        Raises:
            ConfigError: As :meth:`make` does.
        """
        return cls.make(**cls.pick(values))


def _in_words(wrong: Mapping[str, Any]) -> str:
    """Return what is wrong with one setting, or with several that do not fit together."""
    if isinstance(wrong["input"], Mapping):
        return _plain(wrong["msg"])
    return f"{'.'.join(map(str, wrong['loc']))} = {shown(wrong['input'])}: {_plain(wrong['msg'])}"


def _plain(message: str) -> str:
    """Return a message of pydantic in our words."""
    words = message.removeprefix("Value error, ").replace("Input should be", "expected")
    return words.rstrip(".")


Later: Any = Field(default=None, exclude_if=lambda value: value is None)
"""A setting that came later: left out of files and keys where it is not set, so that the keys of
finished work stay what they were."""


def any_of(names: Iterable[str]) -> str:
    """Return two names or more as a choice in words, for descriptions of settings.

    Example:
        >>> any_of(["batch", "session", "job"])
        'batch, session or job'
    """
    *others, last = names
    return f"{', '.join(others)} or {last}"
