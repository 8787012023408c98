"""Cells on hardware: a trained circuit is evaluated there instead of under simulated noise."""

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Literal

import numpy as np

from qkdrp.backends.ibm_runtime import IbmRuntime
from qkdrp.common.errors import BackendError, JobsPendingError, QkdrpError
from qkdrp.experiments.ito.tasks import FIRST_LAYOUT, CohortTask
from qkdrp.experiments.noise.cells import FIRST_CELL, Cell
from qkdrp.experiments.noise.device import Hardware, circuit_of
from qkdrp.experiments.noise.evaluation import CellResult, drawn_contrast, score_values
from qkdrp.experiments.noise.kept_layer import FIRST_KEPT, KeptLayer
from qkdrp.experiments.noise.tasks import FIRST_TRAINING
from qkdrp.experiments.noise.trainings import Training
from qkdrp.experiments.study.keys import plain
from qkdrp.experiments.study.outcomes import Outcome
from qkdrp.experiments.study.runners import Runner
from qkdrp.experiments.study.saved_training import NOTHING_SAVED, Checkpoints, SavedTraining
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.systems.response.model_choice import spec_of


class DeviceResult(Result):
    """What a trained model came to on a device.

    Args:
        cell: Scores and shifts; the standard error is the mean of what the device reports.
        device: Its name.
        calibrated: When it was calibrated; empty where it does not tell.
        jobs: Ids of the jobs; none for a device that is simulated here.
    """

    cell: CellResult
    device: str
    calibrated: str
    jobs: tuple[str, ...]


class DeviceTask(CohortTask):
    """The evaluation of a trained circuit on a device.

    Args:
        training: How the model was trained.
        cell: Device and shots.
        kept: The trained circuit on the held-out rows.
        options: Of the backend, those that values depend on.
    """

    result_type = DeviceResult
    first_layout = {  # noqa: RUF012
        **FIRST_LAYOUT,
        "training": FIRST_TRAINING,
        "cell": FIRST_CELL,
        "kept": FIRST_KEPT,
        **plain("options"),
    }

    stage: Literal["device"] = "device"
    training: Training
    cell: Cell
    kept: KeptLayer
    options: dict[str, bool | int | float | str]

    @property
    def title(self) -> str:
        """What it is, for messages."""
        point = f"a {self.model.a:g}, r {self.model.r:.4g}"
        return f"{super().title}, {self.training.label}, {point}, {self.cell.shots} shots"

    def run(self, saved: SavedTraining) -> DeviceResult:  # noqa: ARG002  # nothing is trained
        """Evaluate on the device, with the backend's own limit of cost."""
        with Hardware(self.options, (self.cell.shots,)) as hardware:
            return self.evaluate(hardware.backend(self.cell.shots))

    def evaluate(self, backend: IbmRuntime) -> DeviceResult:
        """Evaluate on an open backend.

        Raises:
            QkdrpError: If it is refused or fails.
            JobsPendingError: If jobs have not ended and nobody waits.
        """
        start = perf_counter()
        layer, exact = self.kept.layer(), np.array(self.kept.exact)
        label, responder = np.array(self.kept.label), np.array(self.kept.responder)
        qnn = backend.qnn(circuit_of(spec_of(self.model)))
        values = np.asarray(qnn.forward(layer.angles, layer.weights), dtype=float)
        found = backend.estimator.found[-1]
        if not found.complete:
            raise BackendError(f"{backend.device.name}: {'; '.join(found.notes())}.")
        report = backend.report()
        jobs = report["evaluations"][-1]["jobs"] if report["evaluations"] else []
        shift = layer.predict(values) - layer.predict(exact)
        known = np.isfinite(found.stds).all()
        contrast = drawn_contrast(values, found.stds, exact) if known else None
        cell = CellResult(
            cell=self.cell,
            repetitions=1,
            mean=score_values(layer, values, label, responder),
            sd=None,
            contrast=contrast and contrast[0],
            contrast_error=contrast and contrast[1],
            standard_error=found.standard_error,
            value_shift=float(np.abs(values - exact).max()),
            prediction_shift=float(np.sqrt(np.mean(shift**2))),
        )
        return DeviceResult(
            cell=cell,
            device=report["device"],
            calibrated=report["calibrated"] or "",
            jobs=tuple(str(job["id"]) for job in jobs),
            seconds=perf_counter() - start,
        )


class DeviceRunner(Runner):
    """Evaluates cells on a device, one after the other, from this process.

    Args:
        hardware: The device.
    """

    def __init__(self, hardware: Hardware) -> None:
        super().__init__(1)
        self.hardware = hardware

    def outcomes(
        self,
        tasks: Sequence[Task],
        checkpoints: Checkpoints = NOTHING_SAVED,  # noqa: ARG002  # nothing is trained
    ) -> Iterator[Outcome]:
        """Yield the outcome of every task; what is not there yet is pending."""
        for task in tasks:
            assert isinstance(task, DeviceTask)
            try:
                result = task.evaluate(self.hardware.backend(task.cell.shots))
                yield Outcome(task, result, seconds=result.seconds)
            except JobsPendingError as error:
                yield Outcome(task, error=str(error), pending=True)
            except QkdrpError as error:
                yield Outcome(task, error=str(error))
