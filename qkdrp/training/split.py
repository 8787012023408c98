"""Which rows of a data set are for training, validation and test."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown

PARTS = ("train", "validation", "test")
"""Names of the parts."""


@dataclass(frozen=True, eq=False, repr=False)
class Split(Brief):
    """Row ids of the three parts, each in the order of the data set; a part may be empty.

    Args:
        train: Rows that everything is fitted on.
        validation: Rows that decide when to stop.
        test: Rows that are looked at once, at the end.

    Raises:
        DataError: If an id is in two parts.
    """

    train: NDArray[np.str_]
    validation: NDArray[np.str_]
    test: NDArray[np.str_]

    def __post_init__(self) -> None:
        """Check that no id is in two parts."""
        ids = np.concatenate(list(self.parts().values()))
        self.keep_apart(ids, ids, "id")

    @classmethod
    def all_rows(cls, ids: NDArray[np.str_]) -> Self:
        """Return the split of a model that trains on all rows."""
        none = np.array([], dtype=np.str_)
        return cls(ids, none, none)

    def parts(self) -> dict[str, NDArray[np.str_]]:
        """Return the ids of each part by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def keep_apart(self, ids: NDArray[np.str_], groups: NDArray[np.str_], what: str) -> None:
        """Refuse a split that has a group in two parts.

        Args:
            ids: Row ids, shape (n_rows,).
            groups: The group of each, same shape.
            what: What a group is called, for the message.

        Raises:
            DataError: Names a group and the two parts.
        """
        seen = dict[str, str]()
        for name, part in self.parts().items():
            for group in np.unique(groups[np.isin(ids, part)]).tolist():
                if (other := seen.setdefault(group, name)) != name:
                    raise DataError(
                        f"{what} {shown(group)} is in two parts of the split, {other} and {name}; "
                        "expected each in one: models would be tested on what they were trained on."
                    )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per id: ``sample``, ``part``."""
        return pd.concat(
            [pd.DataFrame({"sample": ids, "part": name}) for name, ids in self.parts().items()],
            ignore_index=True,
        )

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Return the split that :meth:`to_frame` wrote."""
        ids = frame["sample"].astype(str)
        return cls(
            *(ids[frame["part"] == part.name].to_numpy(dtype=np.str_) for part in fields(cls))
        )
