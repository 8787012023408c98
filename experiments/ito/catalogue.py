"""The studies of the paper by name: settings that each varies, and its reference."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from qkdrp.experiments.ito.contenders import CONTROLS, PAPER
from qkdrp.experiments.study.presets import Presets

Values = Mapping[str, tuple[Any, ...]]

GRID: Mapping[str, Values] = MappingProxyType(
    {
        "smoke": {"n_encoding": (2,)},
        "small": {"n_encoding": (2, 4), "lr": (1e-5, 1e-4)},
        "full": {
            "n_qubits": (4, 8),
            "n_encoding": (2, 4),
            "n_variational": (1, 2, 4),
            "lr": (1e-6, 1e-5, 1e-4),
        },
    }
)
"""What the grid search tries by preset; ``full`` is table A1."""

PRESETS = Presets(
    {
        "smoke": {"repeats": 1, "folds": 2, "epochs": 3},
        "small": {"repeats": 2, "folds": 5, "epochs": 100},
        "full": {"repeats": 10, "folds": 5, "epochs": 100},
    }
)
"""How thorough a study is, by preset; ``full`` is the paper's protocol."""

FIRST_DRUG_ONLY = ("smoke",)
"""Presets that take one drug where none is named; the others take all of the data."""

A_VALUES = (0.5, 1.0, 10.0, 20.0, 100.0)
"""Table 2."""

R_VALUES = tuple(x * math.pi for x in (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0, 8.0))
"""Table 3, radians."""


@dataclass(frozen=True)
class Study:
    """A kind of study.

    Args:
        help: What it does, in one line.
        models: Contenders, unless the user names some.
        finals: Which configurations get a final training and a test AUC.
        table: The published table that it is held against.
        axis: The setting that it sweeps; results are then told apart by it, not by model.
        reference: The contender, or value of the axis, that others are compared with.
        folds: Whether there is a cross-validation.
        grid: Whether sizes and learning rate are searched, by preset.
        values: What it tries, unless the user says otherwise.
        embeddings: Whether embeddings are looked at (figure 3).
    """

    help: str
    models: tuple[str, ...] = ("moderated",)
    finals: Literal["every", "best", "none"] = "every"
    table: str | None = None
    axis: str | None = None
    reference: Any = "moderated"
    folds: bool = True
    grid: bool = False
    values: Values = field(default_factory=dict)
    embeddings: bool = False

    def defaults(self, preset: str) -> dict[str, Any]:
        """Return the settings that a preset stands for.

        Raises:
            ConfigError: If there is no such preset.
        """
        protocol = PRESETS.named(preset)
        grid = GRID[preset] if self.grid else {}
        return {"models": self.models, **protocol, **grid, **self.values}


STUDIES: Mapping[str, Study] = MappingProxyType(
    {
        "cv": Study(
            "Cross-validate models at one configuration, and train each finally.",
            models=(*PAPER, "moderated-learned", *CONTROLS),
            table="table1",
        ),
        "grid": Study(
            "Search the grid of table A1 for the best configuration of each model.",
            models=PAPER,
            finals="none",
            table="table1",
            grid=True,
        ),
        "table1": Study(
            "Table 1: the best configuration of each model, trained finally.",
            models=PAPER,
            finals="best",
            table="table1",
            grid=True,
        ),
        "table2": Study(
            "Table 2: the input scale a of the moderated tanh at r = pi/2.",
            table="table2",
            axis="a",
            reference=20.0,
            values={"a": A_VALUES},
        ),
        "table3": Study(
            "Table 3: the output range r of the moderated tanh at a = 20.",
            table="table3",
            axis="r",
            reference=math.pi / 2,
            values={"r": R_VALUES},
        ),
        "figure3": Study(
            "Figure 3: embeddings before and after normalisation, and learned a and r.",
            models=("tanh", "moderated", "moderated-learned"),
            folds=False,
            embeddings=True,
        ),
        "curves": Study(
            "Figures A1 to A5: validation curves of the best configuration of each model.",
            models=PAPER,
            finals="none",
            grid=True,
        ),
    }
)
"""Studies by command line name."""
