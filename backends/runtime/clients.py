"""The runtime client: accounts, devices, and its errors in one line."""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import shorten

from qkdrp.backends.isa.fakes import fake_devices
from qkdrp.backends.runtime.client_types import ClientBackend, ClientService
from qkdrp.backends.runtime.rep_delay import DEFAULT_REP_DELAY, delays_of
from qkdrp.backends.runtime.settings import LEAST_BUSY, Mode, RuntimeSettings
from qkdrp.common.errors import BackendError, QkdrpError
from qkdrp.common.names import listed

TOKEN_VARIABLE = "QISKIT_IBM_TOKEN"  # noqa: S105  # the name of one
"""Where the client looks for a token first."""

UNNAMED = "simulated here"
"""Instance and plan of fake devices."""


LONGEST_REASON = 400
"""Characters of a reason that are shown: the service may send a whole result as one."""

RUNS_JOBS = "active"
"""What the service says of a device that accepts jobs and runs them."""


@dataclass(frozen=True)
class Queue:
    """What a device says of itself.

    Args:
        jobs: How many jobs wait there.
        halted: Why it runs none now, in the service's words; empty where it runs them.
    """

    jobs: int = 0
    halted: str = ""


@dataclass(frozen=True, eq=False)
class Device:
    """A device of the service, or one that is simulated here.

    Args:
        name: Its name.
        backend: The client's object.
        service: The client's service; None for fake devices.
        instance: CRN of the instance that pays.
        plan: The instance's plan.
        calibrated: When it was calibrated, ISO 8601; empty where it does not tell.
        rep_delay: Seconds between two executions.
        delays: The least and longest seconds that it takes; None where it takes its own only.
    """

    name: str
    backend: ClientBackend
    service: ClientService | None = None
    instance: str = UNNAMED
    plan: str = UNNAMED
    calibrated: str = ""
    rep_delay: float = DEFAULT_REP_DELAY
    delays: tuple[float, float] | None = None

    @property
    def local(self) -> bool:
        """Whether it is simulated here."""
        return self.service is None

    def queue(self) -> Queue:
        """Return how many jobs wait there, and whether the device runs them."""
        if self.local:
            return Queue()
        with client_errors("ask for the queue"):
            status = self.backend.status()
            runs = status.operational and status.status_msg == RUNS_JOBS
            return Queue(int(status.pending_jobs), "" if runs else status.status_msg or "offline")


@contextmanager
def client_errors(doing: str) -> Iterator[None]:
    """Turn the client's errors into a :class:`BackendError` of one line without secrets.

    Args:
        doing: What could not be done, after "could not".
    """
    try:
        yield
    except QkdrpError:
        raise
    # The client and the libraries below it raise families of their own (QiskitError, requests,
    # pydantic, samplomatic) and, for answers they did not expect, any built-in error.
    except Exception as error:  # noqa: BLE001
        raise BackendError(f"IBM Quantum: could not {doing}: {plain(error)}") from None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the client's notices to itself: we say what has no effect, and which estimator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def plain(error: object) -> str:
    """Return an error as one short line, without the token or anything that looks like a secret.

    Args:
        error: An exception, or a reason in words.
    """
    text = " ".join(str(error).strip("'\" ").split())
    token = os.environ.get(TOKEN_VARIABLE)
    if token:
        text = text.replace(token, "...")
    text = re.sub(r"(?i)(apikey|bearer|authorization|access_token)([=: ]+)\S+", r"\1\2...", text)
    return shorten(text, LONGEST_REASON, placeholder=" ...") or type(error).__name__


def open_device(settings: RuntimeSettings) -> Device:
    """Return a device; no network for a fake one.

    Raises:
        BackendError: If there is no such device, no account, or the service cannot be reached.
    """
    return _fake(settings) if settings.local else _real(settings)


def _fake(settings: RuntimeSettings) -> Device:
    name = settings.device
    devices = fake_devices()
    if name not in devices:
        raise BackendError(f"Unknown device {name!r}: choose one of {listed(sorted(devices))}.")
    backend = devices[name]()
    properties = backend.properties()
    rep_delay, delays = delays_of(backend, settings)
    return Device(
        name=name,
        backend=backend,
        calibrated=properties.last_update_date.isoformat() if properties else "",
        rep_delay=rep_delay,
        delays=delays,
    )


def simulator_of(backend: ClientBackend) -> ClientBackend:
    """Return a simulator with both readout probabilities of a fake device.

    The one that the client would make for its current estimator reads 0 and 1 equally wrongly.

    Args:
        backend: The fake device.
    """
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel
    from qiskit_aer.noise.device import basic_device_gate_errors, basic_device_readout_errors

    noise = NoiseModel(basis_gates=backend.configuration().basis_gates)
    for name, qubits, error in basic_device_gate_errors(target=backend.target):
        noise.add_quantum_error(error, name, qubits)
    for qubits, error in basic_device_readout_errors(backend.properties()):
        noise.add_readout_error(error, qubits)
    simulator = AerSimulator.from_backend(backend)
    simulator.set_options(noise_model=noise)
    found: ClientBackend = simulator
    return found


def _real(settings: RuntimeSettings) -> Device:
    service = open_service(settings.instance)
    with client_errors(f"find device {settings.device}"):
        fractional = settings.fractional_gates
        backend = (
            service.least_busy(use_fractional_gates=fractional)
            if settings.device == LEAST_BUSY
            else service.backend(settings.device, use_fractional_gates=fractional)
        )
        instance = str(backend._instance)
        plans = {each["crn"]: each["plan"] for each in service.instances()}
        properties = backend.properties()
    plan = plans.get(instance, "unknown")
    if settings.mode is Mode.SESSION and plan.lower().startswith("open"):
        raise BackendError(
            f"mode = 'session': instance {instance} has the {plan} plan, which has no sessions; "
            "use --mode batch."
        )
    rep_delay, delays = delays_of(backend, settings)
    return Device(
        name=backend.name,
        backend=backend,
        service=service,
        instance=instance,
        plan=plan,
        calibrated=properties.last_update_date.isoformat() if properties else "",
        rep_delay=rep_delay,
        delays=delays,
    )


def open_service(instance: str = "") -> ClientService:
    """Return the client's service of its own saved account or environment.

    Raises:
        BackendError: If there is no account, or the service cannot be reached.
    """
    from qiskit_ibm_runtime import QiskitRuntimeService

    with client_errors("open the account (saved by QiskitRuntimeService.save_account)"):
        service: ClientService = QiskitRuntimeService(
            **({"instance": instance} if instance else {})
        )
    return service
