"""Which rows of a data set are for training, validation and test."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.brief import Brief


@dataclass(frozen=True, eq=False, repr=False)
class Split(Brief):
    """Row ids of the three parts, each in the order of the data set; a part may be empty.

    Args:
        train: Rows that everything is fitted on.
        validation: Rows that decide when to stop.
        test: Rows that are looked at once, at the end.
    """

    train: NDArray[np.str_]
    validation: NDArray[np.str_]
    test: NDArray[np.str_]

    def parts(self) -> dict[str, NDArray[np.str_]]:
        """Return the ids of each part by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

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
