"""Clients that evaluate in processes of their own, forked from one that has imported everything."""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers.estimator_pub import EstimatorPub

from qkdrp.backends.ibm_runtime import IbmRuntime
from qkdrp.backends.isa.place import place
from qkdrp.backends.runtime import cost, job_collection, job_search, owner
from qkdrp.backends.runtime import device_circuits as circuits
from qkdrp.backends.runtime import ledger as ledger_module
from qkdrp.backends.runtime.client_adapters import ADAPTERS
from qkdrp.backends.runtime.clients import open_device
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.service_watch import ServiceWatch
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.backends.runtime.value_request import PlannedLayer
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import QkdrpError
from qkdrp.common.files import write_files
from qkdrp.runs.destinations import Purpose
from qkdrp.runs.paid_evaluation import PaidEvaluation

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
        n_stages: How many layers the model has, in series.
        stage: In which of them, from 1, it kills itself.
    """

    ledger: str
    folder: str
    environment: dict[str, str] = field(default_factory=dict)
    point: str = ""
    host: str = ""
    clock: float = 0.0
    n_jobs: int = 1
    resubmit: bool = False
    n_stages: int = 1
    stage: int = 1


class Death:
    """Kills the process when its point is reached as often as stages are to be survived."""

    left = 1

    @classmethod
    def comes(cls) -> None:
        cls.left -= 1
        if cls.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _before(owner_: Any, name: str, when: Callable[..., bool] = lambda *_, **__: True) -> None:
    original = getattr(owner_, name)

    def instead(*arguments: Any, **options: Any) -> Any:
        if when(*arguments, **options):
            Death.comes()
        return original(*arguments, **options)

    setattr(owner_, name, instead)


def _after(owner_: Any, name: str) -> None:
    original = getattr(owner_, name)

    def instead(*arguments: Any, **options: Any) -> Any:
        found = original(*arguments, **options)
        Death.comes()
        return found

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
    "with its result": lambda: _before(job_collection.JobCollection, "_keep"),
    "after its result is kept": lambda: _after(job_collection.JobCollection, "_keep"),
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
        labels = (
            [f"layer{number}" for number in range(order.n_stages)] if order.n_stages > 1 else [""]
        )
        layers = [PlannedLayer(label, pqc, POINTS, turn) for turn, label in enumerate(labels)]
        qnns = [backend.qnn(pqc, label) for label in labels]

        def run_model() -> NDArray[np.float64]:
            values = inputs / np.pi
            for qnn in qnns:  # angles of a layer are made of the values of the one before
                values = np.asarray(qnn.forward(np.pi * values, weights))
            return values

        purpose = Purpose(Path(order.folder), "the same model", {}, None, claim)
        paid = PaidEvaluation(backend, purpose, layers=layers)
        backend.gather(run_model)
        values = run_model()
        write_files(paid.folder(), backend.files())
        paid.finish()
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
    Death.left = order.stage
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
    """Starts clients, forked from a process of their own that has no threads.

    A process that has used Qiskit, Aer or torch has threads, whose locks a fork would take along.
    """

    def __init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.kill_clients"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, order: Order, answer: Path) -> int:
        """Start a client and return its process."""
        return int(self._ask({"order": asdict(order), "answer": str(answer)}))

    def wait(self, pid: int) -> int:
        """Wait for a client to end and return its exit code, negative for a signal."""
        return int(self._ask({"wait": pid}))

    def close(self) -> None:
        """End the process that clients are forked from."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.close()
        self.server.wait()
        self.server.stdout.close()

    def _ask(self, what: dict[str, Any]) -> Any:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps(what) + "\n")
        self.server.stdin.flush()
        return json.loads(self.server.stdout.readline())


def _serve(orders: TextIO, answers: TextIO) -> None:
    """Fork a client for each order; all that takes long has been done before."""
    pqc = build_pqc(PQCSpec(2, 1, 1))
    device = open_device(RuntimeSettings("fake_manila"))
    prepared = circuits.prepare(pqc, device.backend.target, "ibm_manila")
    circuits.prepare = lambda *_: prepared
    job_collection.POLL_SECONDS, job_search.SHORT_PATIENCE = 0.05, 1.0
    placed = place(prepared, device.backend.num_qubits)
    names, angles = (*placed.inputs, *placed.weights), np.zeros((1, 8))
    pub = (placed.circuit, [placed.observables[0]], {names: angles[:, : len(names)]})
    ADAPTERS["executor"].load(device, EstimatorPub.coerce(pub), RuntimeSettings("fake_manila"))
    for line in orders:
        asked = json.loads(line)
        if "wait" in asked:
            said = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        else:
            said = os.fork()
            if said == 0:
                with suppress(BaseException):
                    _client(Order(**asked["order"]), pqc, Path(asked["answer"]))
                os._exit(0)
        answers.write(json.dumps(said) + "\n")
        answers.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        _serve(sys.stdin, sys.stdout)
