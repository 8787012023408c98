"""The interface of every data set: rows with ids, whatever they hold."""

from collections.abc import Sequence
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray


class Dataset(Protocol):
    """Rows with ids, frozen and validated; a system adds what its rows hold."""

    @property
    def ids(self) -> NDArray[np.str_]:
        """Row ids, each once, shape (n_rows,)."""

    @property
    def synthetic(self) -> bool:
        """Whether the numbers are made up."""

    @property
    def provenance(self) -> str:
        """Where the numbers come from, in one line."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def select(self, ids: Sequence[str] | NDArray[np.str_], /) -> Self:
        """Return the rows of the given ids, in their order.

        Raises:
            DataError: If an id is not there.
        """

    def digest(self) -> str:
        """Return a SHA-256 of numbers and ids, to tell whether data are still the same."""


DatasetT = TypeVar("DatasetT", bound=Dataset)
