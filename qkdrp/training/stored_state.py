"""Fitted or measured numbers in a form that a file can hold without pickles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class State:
    """Arrays and JSON details from which a fitted object is made again.

    Args:
        arrays: Numbers by name; no name begins with ``model.``.
        details: What JSON can hold, by name. One name keeps files of the same content the same
            byte by byte: the file format sorts no names.
    """

    arrays: Mapping[str, NDArray[Any]]
    details: Mapping[str, Any]


class Preprocessor(Protocol):
    """The interface of what is fitted on training rows before the model, such as means."""

    def state(self) -> State:
        """Return it as plain numbers; the system makes it again from them."""


PreprocessorT = TypeVar("PreprocessorT", bound=Preprocessor)
