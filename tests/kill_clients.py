"""Clients that evaluate in processes of their own, forked from one that has imported everything."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.base import Purpose
from qkdrp.backends.ibm_runtime import IbmRuntime
from qkdrp.backends.isa.place import place
from qkdrp.backends.runtime import cost, job_collection, job_search, owner
from qkdrp.backends.runtime import device_estimator as estimator
from qkdrp.backends.runtime import ledger as ledger_module
from qkdrp.backends.runtime.client_adapters import ADAPTERS
from qkdrp.backends.runtime.clients import open_device
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.service_watch import ServiceWatch
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import QkdrpError

SHOTS = 64
POINTS = 4


@dataclass(frozen=True)
class Order:
    """What a client is to do.

    Args:
        ledger: File of the ledger.
        folder: Where folders of results are made.
        environment: Sends the runtime client to the service.
        point: Of :data:`POINTS_OF_DEATH`, where it kills itself; empty for nowhere.
        host: What it takes its host for; empty for the real one.
        clock: Seconds that its clock is ahead.
        n_jobs: Into how many jobs the evaluation is cut.
        resubmit: Whether to pay once more.
    """

    ledger: str
    folder: str
    environment: dict[str, str] = field(default_factory=dict)
    point: str = ""
    host: str = ""
    clock: float = 0.0
    n_jobs: int = 1
    resubmit: bool = False


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(owner_: Any, name: str, when: Callable[..., bool] = lambda *_, **__: True) -> None:
    original = getattr(owner_, name)

    def instead(*arguments: Any, **options: Any) -> Any:
        if when(*arguments, **options):
            die()
        return original(*arguments, **options)

    setattr(owner_, name, instead)


def _after(owner_: Any, name: str) -> None:
    original = getattr(owner_, name)

    def instead(*arguments: Any, **options: Any) -> None:
        original(*arguments, **options)
        die()

    setattr(owner_, name, instead)


def _for_a_job(_watch: ServiceWatch, what: Any, submits: bool = False) -> bool:
    return submits or (
        what.__class__.__name__ == "PreparedRequest"
        and what.method == "POST"
        and what.path_url.endswith("/jobs")
    )


POINTS_OF_DEATH: dict[str, Callable[[], None]] = {
    "before the ledger's entry": lambda: _before(Ledger, "begin"),
    "after the ledger's entry": lambda: _after(Ledger, "begin"),
    "before the POST": lambda: _before(ServiceWatch, "leaving", _for_a_job),
    "after the POST": lambda: _before(ServiceWatch, "arriving", _for_a_job),
    "before its answer is noted": lambda: _before(Ledger, "arrived"),
    "after its answer is noted": lambda: _after(Ledger, "arrived"),
}
"""Where a client kills itself. In the midst of a request, it is the service that kills it."""


def evaluate(order: Order, pqc: PQC) -> dict[str, Any]:
    """Evaluate as ``qkdrp evaluate`` does, but in a second."""
    rng = np.random.default_rng(0)
    inputs, weights = rng.uniform(0, 6, (POINTS, pqc.n_inputs)), rng.uniform(0, 6, pqc.n_weights)

    def claim() -> Path:
        for number in range(1, 100):
            folder = Path(order.folder) / f"results-{number}"
            with suppress(FileExistsError):
                folder.mkdir(parents=True)
                return folder
        raise AssertionError

    with IbmRuntime(
        device="ibm_manila",
        shots=SHOTS,
        ledger=order.ledger,
        resubmit=order.resubmit,
    ) as backend:
        purpose = Purpose(Path(order.folder), "the same model", {}, None, claim)
        backend.begin(purpose)
        values = np.asarray(backend.qnn(pqc).forward(inputs, weights))
        folder = backend.folder() or claim()
        backend.save(folder)
        backend.finish()
        return {"values": values.tolist(), "notes": backend.report()["notes"]}


def _client(order: Order, pqc: PQC, answer: Path) -> None:
    os.environ |= order.environment
    cost.MOST_EXECUTIONS = SHOTS * POINTS // order.n_jobs
    if order.host:
        owner.platform.node = lambda: order.host
        owner._owner.cache_clear()
    if order.clock:
        now = time.time
        time.time = lambda: now() + order.clock
        original = ledger_module.now
        ledger_module.now = lambda: _shifted(original(), order.clock)
    if order.point:
        POINTS_OF_DEATH[order.point]()
    try:
        content = evaluate(order, pqc)
    except QkdrpError as error:
        content = {"error": str(error)}
    except Exception:  # noqa: BLE001  # told to the process that judges
        content = {"bug": traceback.format_exc()}
    answer.write_text(json.dumps(content))


def _shifted(text: str, seconds: float) -> str:
    from datetime import datetime, timedelta

    return (datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat()


class Clients:
    """Starts clients, by way of a process of its own.

    Tests have threads, those of Qiskit's compiler among them, whose work would never be done in a
    forked child.
    """

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill_clients", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[1],
        )
        theirs.close()
        self.stream = self.socket.makefile("rw")

    def start(self, order: Order, answer: Path) -> int:
        """Start a client and return its process."""
        return int(self._ask({"order": asdict(order), "answer": str(answer)}))

    def wait(self, pid: int) -> int:
        """Wait for a client to end and return its exit code, negative for a signal."""
        return int(self._ask({"wait": pid}))

    def close(self) -> None:
        """End the process that clients are forked from."""
        self.stream.close()
        self.socket.close()
        self.process.wait()

    def _ask(self, what: dict[str, Any]) -> Any:
        self.stream.write(json.dumps(what) + "\n")
        self.stream.flush()
        return json.loads(self.stream.readline())


def serve(theirs: socket.socket) -> None:
    """Fork a client for each order; all that takes long has been done before."""
    stream = theirs.makefile("rw")
    pqc = build_pqc(PQCSpec(2, 1, 1))
    device = open_device(RuntimeSettings("fake_manila"))
    prepared = estimator.prepare(pqc, device.backend.target, "ibm_manila")
    estimator.prepare = lambda *_: prepared
    job_collection.POLL_SECONDS, job_search.SHORT_PATIENCE = 0.05, 1.0
    placed = place(prepared, device.backend.num_qubits)
    names, angles = (*placed.inputs, *placed.weights), np.zeros((1, 8))
    pub = (placed.circuit, [placed.observables[0]], {names: angles[:, : len(names)]})
    ADAPTERS["executor"].load(device, EstimatorPub.coerce(pub), RuntimeSettings("fake_manila"))
    for line in stream:
        asked = json.loads(line)
        if "wait" in asked:
            said = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        else:
            said = os.fork()
            if said == 0:
                with suppress(BaseException):
                    _client(Order(**asked["order"]), pqc, Path(asked["answer"]))
                os._exit(0)
        stream.write(json.dumps(said) + "\n")
        stream.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        serve(socket.socket(fileno=int(sys.argv[1])))
