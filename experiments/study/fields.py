"""Settings that studies have in common: what is allowed, and what the help says."""

from typing import Annotated, TypeAlias

from pydantic import Field

from qkdrp.experiments.study.options import PROTOCOL, WORK, by_preset

CircuitBackend: TypeAlias = Annotated[
    str,
    Field(
        description="Where circuits run.",
        json_schema_extra={"metavar": "NAME", "panel": WORK},
    ),
]
"""Name of a backend."""

FirstSeed: TypeAlias = Annotated[
    int, Field(ge=0, description="The first seed.", json_schema_extra={"panel": PROTOCOL})
]
"""Seed of the first training; those of the next ones follow."""

MostEpochs: TypeAlias = Annotated[
    int, Field(ge=1, description="Epochs at most.", json_schema_extra=by_preset(PROTOCOL))
]
"""Epochs of a training that nothing stops before."""

LearningRate: TypeAlias = Annotated[
    float, Field(gt=0, description="Learning rate.", json_schema_extra={"panel": PROTOCOL})
]
"""Learning rate of the optimiser."""

ModelSeeds: TypeAlias = Annotated[
    int, Field(ge=1, description="Trainings of each model.", json_schema_extra=by_preset(PROTOCOL))
]
"""Seeds that each model is trained with."""
