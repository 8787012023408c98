"""Evaluations of models with several quantum layers: one entry of the ledger for each layer.

The first entry stands for the whole evaluation: its number, its folder for results, and the plan
of all layers. The others name it as their parent. Layers of a stage need values of earlier stages.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.ledger_rows import (
    UNSENT,
    WORST_FIRST,
    Evaluation,
    JobRow,
    JobState,
    summary,
)

OF_PARENT = "SELECT id FROM evaluations WHERE parent = ? ORDER BY id"


@dataclass(frozen=True)
class LayerPlan:
    """What the ledger holds of a layer before its jobs are noted down.

    Args:
        layer: Name of the layer.
        stage: Its turn, from 0.
        points: Parameter points.
        seconds: Estimated seconds of the device.
    """

    layer: str
    stage: int
    points: int
    seconds: float


@dataclass(frozen=True)
class Stages:
    """All that the ledger holds of one evaluation.

    Args:
        entries: Of its layers, in the order in which they were noted down; one for other models.
    """

    entries: tuple[Evaluation, ...]

    @classmethod
    def of(cls, ledger: Ledger, evaluation: Evaluation) -> Self:
        """Return the evaluation that an entry is of, as the ledger holds it now."""
        head = ledger.get(evaluation.head)
        with ledger.read() as database:
            numbers = [row["id"] for row in database.execute(OF_PARENT, (head.id,))]
        return cls((head, *map(ledger.get, numbers)))

    @property
    def head(self) -> Evaluation:
        """The entry that stands for the whole evaluation."""
        return self.entries[0]

    @cached_property
    def plan(self) -> tuple[LayerPlan, ...]:
        """All layers; empty for an evaluation of a single one."""
        if self.head.stages is None:
            return ()
        return tuple(LayerPlan(**each) for each in json.loads(self.head.stages)["layers"])

    @property
    def n_stages(self) -> int:
        """Number of stages; 1 for a single layer."""
        return max((each.stage for each in self.plan), default=0) + 1

    @property
    def unsent(self) -> tuple[LayerPlan, ...]:
        """The layers of which no job was noted down so far."""
        there = {each.layer for each in self.entries}
        return tuple(each for each in self.plan if each.layer not in there)

    @property
    def state(self) -> str:
        """The state in one word: the worst of all entries, ``collected`` when all is written."""
        if self.head.collected:
            return "collected"
        states = {job.state for each in self.entries for job in each.jobs}
        return next(state for state in WORST_FIRST if state in states)

    @property
    def failed(self) -> bool:
        """Whether a job of it ended without values."""
        states = {job.state for each in self.entries for job in each.jobs}
        return bool(states & {JobState.FAILED, JobState.CANCELLED})

    @property
    def done(self) -> bool:
        """Whether all values of all layers are in the ledger."""
        jobs = [job for each in self.entries for job in each.jobs]
        return not self.unsent and all(job.state == JobState.DONE for job in jobs)

    @property
    def spent_seconds(self) -> float:
        """Seconds that jobs took: as charged, or as estimated for those without a charge so far."""
        return sum(
            _seconds(each, job) for each in self.entries for job in (*each.jobs, *each.replaced)
        )

    def stage_of(self, layer: str) -> int:
        """Return the turn of a layer, from 0."""
        return next((each.stage for each in self.plan if each.layer == layer), 0)

    @property
    def progress(self) -> str:
        """What is said of the stages, such as ``stage 2 of 3``; empty for a single layer."""
        if not self.plan:
            return ""
        sent = max(self.stage_of(each.layer) for each in self.entries) + 1
        return f"stage {sent} of {self.n_stages}"

    @property
    def next_stage(self) -> str:
        """What is not sent yet and which command sends it; empty where all is noted down."""
        if not self.unsent:
            return ""
        stage = min(each.stage for each in self.unsent)
        layers = [each for each in self.unsent if each.stage == stage]
        seconds = sum(each.seconds for each in layers)
        named = ", ".join(each.layer for each in layers)
        return (
            f"stage {stage + 1} of {self.n_stages} ({named}) is not sent: qkdrp jobs continue "
            f"{self.head.id} sends it, about {seconds:.1f} s of {self.head.device}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return what can be shown of the evaluation; layers that are not sent are in ``plan``."""
        shown = summary(self.head)
        if not self.plan:
            return shown
        return shown | {
            "state": self.state,
            "progress": self.progress,
            "plan": json.loads(self.head.stages or "{}")["layers"],
            "stages": [summary(each) for each in self.entries],
        }


def plan_json(layers: Iterable[LayerPlan]) -> str:
    """Return the plan of an evaluation as the ledger keeps it."""
    return json.dumps({"layers": [asdict(each) for each in layers]})


def all_of(ledger: Ledger, evaluations: Iterable[Evaluation]) -> list[Stages]:
    """Return evaluations, each with all its entries, once each."""
    heads = {each.head: each for each in evaluations}
    return [Stages.of(ledger, each) for each in heads.values()]


def _seconds(evaluation: Evaluation, job: JobRow) -> float:
    """Return the seconds that a job took; nothing where it was not sent, or ended uncharged."""
    if job.state in UNSENT:
        return 0.0
    if job.charged_seconds is not None or job.state not in {JobState.SUBMITTED, JobState.DONE}:
        return job.charged_seconds or 0.0
    cost: Mapping[str, Any] = json.loads(evaluation.cost)
    points = cost.get("points") or 0
    share = (job.last - job.first) / points if points else 0.0
    return float(cost.get("seconds") or 0.0) * share
