"""Cells on hardware: a trained circuit is evaluated there instead of under simulated noise."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from time import perf_counter
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from qkdrp.backends import get_backend
from qkdrp.backends.ibm_runtime import IbmRuntime
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError, JobsPendingError, QkdrpError
from qkdrp.experiments.noise.cells import Cell
from qkdrp.experiments.noise.evaluation import CellResult, drawn_contrast, score_values
from qkdrp.experiments.noise.tasks import KeptLayer
from qkdrp.experiments.noise.trainings import Training
from qkdrp.experiments.study.runners import Outcome, Runner
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.systems.response.recipes import spec_of

NAME = "ibm_runtime"
"""The backend."""

DEVICE = "device"
"""What the parts of a device's noise are called: they cannot be told apart there."""


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


class DeviceTask(Task):
    """The evaluation of a trained circuit on a device.

    Args:
        training: How the model was trained.
        cell: Device and shots.
        kept: The trained circuit on the held-out rows.
        options: Of the backend, those that values depend on.
    """

    result_type = DeviceResult
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

    def run(self) -> DeviceResult:
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


@lru_cache(maxsize=16)
def circuit_of(spec: PQCSpec) -> PQC:
    """Return a circuit, the same object each time: backends prepare it once."""
    return build_pqc(spec)


class Hardware:
    """A device, with a backend for each number of shots; a context manager.

    Args:
        options: Of the backend, but for shots.
        shots: Numbers of shots; 0 is left out, as no device has infinitely many.

    Raises:
        BackendError: If the device cannot be used, or no number of shots is left.
    """

    def __init__(self, options: Mapping[str, Any], shots: Sequence[int]) -> None:
        self.shots = tuple(sorted(number for number in shots if number))
        if not self.shots:
            raise BackendError(f"{NAME} needs a finite number of --shots, such as --shots 0,1024.")
        self._stack, self._backends = ExitStack(), {}
        for number in self.shots:
            backend = get_backend(NAME, shots=number, **options)
            assert isinstance(backend, IbmRuntime)
            self._backends[number] = self._stack.enter_context(backend)

    def backend(self, shots: int) -> IbmRuntime:
        """Return the backend for a number of shots."""
        return self._backends[shots]

    @property
    def limit(self) -> float:
        """Seconds of the device that the whole study may take."""
        return self._backends[self.shots[0]].settings.max_qpu_seconds

    def costs(self, loads: Sequence[tuple[PQCSpec, int]]) -> list[RuntimeCost]:
        """Return what evaluations would cost, for each number of shots one after the other.

        Args:
            loads: Circuit and number of samples of each evaluation.
        """
        found = []
        for number in self.shots:
            known: dict[tuple[PQCSpec, int], RuntimeCost] = {}
            for spec, n_samples in loads:
                if (spec, n_samples) not in known:
                    pqc = circuit_of(spec)
                    known[spec, n_samples] = self._backends[number].estimate_cost(pqc, n_samples)
                found.append(known[spec, n_samples])
        return found

    def __enter__(self) -> Self:
        """Return the hardware itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the backends; jobs go on."""
        self._stack.__exit__(kind, error, trace)


class DeviceRunner(Runner):
    """Evaluates cells on a device, one after the other, from this process.

    Args:
        hardware: The device.
    """

    def __init__(self, hardware: Hardware) -> None:
        super().__init__(1)
        self.hardware = hardware

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Yield the outcome of every task; what is not there yet is pending."""
        for task in tasks:
            assert isinstance(task, DeviceTask)
            try:
                yield Outcome(task, task.evaluate(self.hardware.backend(task.cell.shots)))
            except JobsPendingError as error:
                yield Outcome(task, error=str(error), pending=True)
            except QkdrpError as error:
                yield Outcome(task, error=str(error))
