"""What a system says of a trained run in its report page: texts, tables and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

import pandas as pd

from qkdrp.training.dataset import DatasetT
from qkdrp.training.picture import Picture
from qkdrp.training.run_config import ConfigT
from qkdrp.training.stored_state import PreprocessorT
from qkdrp.training.trained import Trained


@dataclass(frozen=True)
class DrawnFigure:
    """A figure of the run folder and how to read it.

    Args:
        name: Of its file, without ending, as :meth:`~qkdrp.training.system.System.draw` wrote it.
        title: What it shows.
        reading: How to read it.
    """

    name: str
    title: str
    reading: str


@dataclass(frozen=True, eq=False)
class ReportTable:
    """A table of a report.

    Args:
        caption: What it shows.
        frame: Numbers and texts.
        digits: Significant digits of numbers.
    """

    caption: str
    frame: pd.DataFrame
    digits: int = 4


ReportPart: TypeAlias = str | ReportTable | DrawnFigure | Picture
"""A paragraph, a table, a figure of the run folder, or one that is drawn for the report."""


@dataclass(frozen=True, eq=False)
class ReportSection:
    """A heading and what stands below it.

    Args:
        title: The heading.
        parts: In their order; figures that the run folder lacks are left out.
    """

    title: str
    parts: Sequence[ReportPart]


@dataclass(frozen=True, eq=False)
class RunReport:
    """What a system says of a run, beside the scores and settings that every report has.

    Args:
        sections: In their order.
        lead: What a reader in haste should know, a paragraph each.
    """

    sections: Sequence[ReportSection] = ()
    lead: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class RunContent(Generic[ConfigT, DatasetT, PreprocessorT]):
    """A trained run with all that its folder holds.

    Args:
        trained: The model with all that it was trained with; circuits are exact.
        rows: The test rows that are kept; None where there are none.
        history: One row per epoch.
        predictions: One row per row key; without rows where the run came without them.
        metrics: Its ``metrics.json``.
    """

    trained: Trained[ConfigT, PreprocessorT]
    rows: DatasetT | None
    history: pd.DataFrame
    predictions: pd.DataFrame
    metrics: Mapping[str, Any]
