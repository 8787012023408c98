"""The objects of the runtime client that we use, typed: the client itself carries no types."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from qiskit.transpiler import Target


class DeviceStatus(Protocol):
    """What a device says of itself."""

    operational: bool
    status_msg: str
    pending_jobs: int


class DeviceConfiguration(Protocol):
    """What a device is made of."""

    basis_gates: list[str]


class DeviceProperties(Protocol):
    """A calibration of a device."""

    last_update_date: datetime


class ClientBackend(Protocol):
    """A device of the client: a real one, or a fake one that is simulated here."""

    _instance: str
    """CRN of the instance that pays; of real devices, without a public name."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def num_qubits(self) -> int:
        """Number of qubits."""

    @property
    def target(self) -> Target:
        """Its gates, couplings and error rates."""

    def configuration(self) -> DeviceConfiguration:
        """Return what it is made of."""

    def properties(self) -> DeviceProperties | None:
        """Return its calibration; None where it has none."""

    def status(self) -> DeviceStatus:
        """Return whether it runs jobs, and how many wait."""


class ClientMode(Protocol):
    """A batch or session that is open on the service."""

    @property
    def session_id(self) -> str | None:
        """The service's id."""

    def close(self) -> None:
        """Accept no more jobs; those that are in it go on."""


class ClientJob(Protocol):
    """A job of the client."""

    JOB_FINAL_STATES: Sequence[str]
    """States in which it has ended."""

    @property
    def session_id(self) -> str | None:
        """Id of its batch or session."""

    def job_id(self) -> str:
        """Return the service's id."""

    def status(self) -> str:
        """Return its state in the service's words."""

    def result(self, decoder: Any = None) -> Any:  # noqa: ANN401  # what the decoder makes of it
        """Return the result of a job that has ended."""

    def metrics(self) -> Mapping[str, Any]:
        """Return what the service measured, such as seconds of the device."""

    def cancel(self) -> None:
        """Cancel it."""


class ClientService(Protocol):
    """An account at the service."""

    def backend(self, name: str, *, use_fractional_gates: bool) -> ClientBackend:
        """Return a device."""

    def least_busy(self, *, use_fractional_gates: bool) -> ClientBackend:
        """Return the device with the fewest queued jobs."""

    def instances(self) -> Sequence[Mapping[str, str]]:
        """Return the account's instances, with ``crn`` and ``plan``."""

    def job(self, job_id: str) -> ClientJob:
        """Return a job by its id."""

    def jobs(
        self,
        *,
        limit: int | None,
        job_tags: Sequence[str],
        instance: str,
        pending: bool | None = None,
    ) -> Sequence[ClientJob]:
        """Return the jobs that carry a tag; only those that have not ended, if asked for."""

    def active_instance(self) -> str:
        """Return the CRN of the instance that :meth:`usage` is of."""

    def usage(self) -> Mapping[str, Any]:
        """Return seconds used and allowed in the window of the instance's plan."""


JobTarget: TypeAlias = ClientBackend | ClientMode
"""What the client's estimators send jobs to: a device, or a batch or session on it."""
