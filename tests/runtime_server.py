"""A server on this machine that speaks the REST API of IBM's runtime service to its real client.

Jobs are executed on small fake devices. To try the commands by hand, without an account:

    python -m tests.runtime_server

prints the environment for another terminal and serves until Ctrl-C.
"""

import argparse
import json
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from qiskit_ibm_runtime import fake_provider
from qiskit_ibm_runtime.fake_provider.fake_backend import FakeBackendV2

from tests.runtime_charges import charged_seconds, told_metrics, told_usage
from tests.runtime_identity import identity_token
from tests.runtime_jobs import TRUNCATED, Fault, Job, sent_result
from tests.runtime_programs import PROGRAMS

DEVICES = {"ibm_manila": "FakeManilaV2", "ibm_lagos": "FakeLagosV2"}
"""The devices offered, and the fakes behind them."""

PREFIX = "/experimental"
"""The client's default resolver leaves addresses alone that hold this word."""

INSTANCE = "crn:v1:bluemix:public:quantum-computing:us-east:a/account:instance::"
TOKEN = "loopback-" + "secret-" * 4 + "token"
"""What clients authenticate with; nothing but the identity service may ever see it."""

PLANS = {"Open": "free", "Pay-as-you-go": "paygo"}

Reply = tuple[int, Any]


class RuntimeServer(ThreadingHTTPServer):
    """The service; attributes are what tests set and look at.

    Attributes:
        plan: Of the instance, a key of :data:`PLANS`.
        queue_seconds: How long new jobs are queued, on the server's clock.
        pace: How many seconds of the server's clock pass in one.
        outcome: How new jobs end: Completed, Failed or Cancelled.
        reason: Why they fail.
        reason_code: Of the reason.
        wreckage: What is sent as the result of a job that has none; 404 where it is None.
        spoil: Whether results are sent that do not decode.
        tamper: Changes results before they are sent.
        retired: Devices that are gone; their jobs are not.
        condition: What devices say of themselves, instead of being active.
        order: Devices, the least busy first.
        faults: Still to strike.
        log: One line for each request.
        leaks: Requests that carried the token where it does not belong.
        clock_shift: Seconds that the service's own clock is ahead of this machine's.
        listing_lag: Seconds of the server's clock until a job is in the list of jobs.
        consumed: Seconds that were used in the window before the first job.
        limit: Seconds allowed in the window; None where the plan has no limit.
        window: Its first and last moment; None where the plan has none.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.lock = threading.RLock()
        self.pool = ThreadPoolExecutor(1)
        self.devices: dict[str, FakeBackendV2] = {}
        self.reset()

    def reset(self) -> None:
        """Forget all jobs and faults."""
        self.plan, self.queue_seconds, self.pace = "Pay-as-you-go", 0.0, 1.0
        self.outcome, self.reason, self.reason_code = "Completed", "", 1517
        self.spoil = False
        self.wreckage: str | None = TRUNCATED
        self.tamper: Callable[[str], str] = str
        self.retired: set[str] = set()
        self.condition: dict[str, Any] = {}
        self.order = tuple(DEVICES)
        self.faults: list[Fault] = []
        self.jobs: dict[str, Job] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.clock_shift = self.listing_lag = 0.0
        self.consumed, self.limit = 10.0, 600.0
        self.window: tuple[str, str] | None = None
        self.log: list[str] = []
        self.leaks: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What sends the client here."""
        return {
            "QISKIT_IBM_CHANNEL": "ibm_quantum_platform",
            "QISKIT_IBM_TOKEN": TOKEN,
            "QISKIT_IBM_INSTANCE": INSTANCE,
            "QISKIT_IBM_URL": self.address + PREFIX,
            "IAM_URL": self.address,
            "GLOBAL_SEARCH_URL": self.address,
            "GLOBAL_CATALOG_URL": f"{self.address}/catalog",
            # Without this the client looks through the whole stack for every request.
            "USAGE_DATA_OPT_OUT": "True",
        }

    def now(self) -> float:
        return time.monotonic() * self.pace

    def device(self, name: str) -> FakeBackendV2:
        with self.lock:
            if name not in self.devices:
                self.devices[name] = getattr(fake_provider, DEVICES[name])()
            return self.devices[name]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that were killed while they talked."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def count(self, method: str, path: str) -> int:
        """Return how many requests came to a path (a regular expression)."""
        return sum(bool(re.match(rf"{method} {path} ", line)) for line in self.log)

    def strike(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.method == method and re.fullmatch(fault.path, path):
                    fault.times -= 1
                    return fault
        return None

    def submit(self, body: dict[str, Any]) -> Job:
        with self.lock:
            job = Job(f"job{len(self.jobs)}{uuid4().hex[:8]}", body, self.now())
            job.arrived = job.ready
            job.ready += self.queue_seconds
            job.outcome, job.reason = self.outcome, self.reason
            job.reason_code = self.reason_code
            job.seconds = charged_seconds(body, self.device(body["backend"]))
            if job.outcome == "Completed":
                run, device = PROGRAMS[body["program_id"]], self.device(body["backend"])
                job.result = self.pool.submit(run, body["params"], device, len(self.jobs) + 1)
            self.jobs[job.id] = job
        return job


ROUTES: list[tuple[str, str, str]] = [
    ("POST", r"/identity/token", "token"),
    ("POST", r"/v3/resources/search", "search"),
    ("GET", r"/catalog/.+", "catalog"),
    ("GET", r"/backends", "backends"),
    ("GET", r"/backends/(\w+)/(configuration|properties|status)", "backend"),
    ("GET", r"/instances/usage", "usage"),
    ("POST", r"/sessions", "open_session"),
    ("PATCH", r"/sessions/(\w+)", "patch_session"),
    ("GET", r"/sessions/(\w+)", "session"),
    ("DELETE", r"/sessions/(\w+)/close", "close_session"),
    ("POST", r"/jobs", "submit"),
    ("GET", r"/jobs", "list_jobs"),
    ("GET", r"/jobs/(\w+)", "job"),
    ("GET", r"/jobs/(\w+)/results", "results"),
    ("GET", r"/jobs/(\w+)/metrics", "metrics"),
    ("POST", r"/jobs/(\w+)/cancel", "cancel"),
]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: RuntimeServer

    def handle_any(self) -> None:
        server, path = self.server, urlsplit(self.path).path.removeprefix(PREFIX)
        self.query = parse_qs(urlsplit(self.path).query)
        self.raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = self.path + str(self.headers) + self.raw.decode(errors="replace")
        if TOKEN in seen and path != "/identity/token":
            server.leaks.append(f"{self.command} {path}")
        fault = server.strike(self.command, path)
        if fault is not None and fault.action != "reset after":
            fault.before()
        if fault is not None and fault.action == "reset":
            return self.reset_connection(path)
        status, content = (
            (503, {"error": {"message": "down for maintenance", "code": 503}})
            if fault is not None and fault.action == "503"
            else fault.answer(self.answer, path)
            if fault is not None
            else self.answer(path)
        )
        if fault is not None and fault.action == "reset after":
            fault.before()
            return self.reset_connection(path)
        server.log.append(f"{self.command} {path} {status} {len(self.raw)}")
        return self.send(status, content, {} if fault is None else fault.headers)

    def send(self, status: int, content: Any, headers: dict[str, str]) -> None:
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(0 if status == 204 else len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell the time by the service's clock."""
        return super().date_time_string((timestamp or time.time()) + self.server.clock_shift)

    def reset_connection(self, path: str) -> None:
        """Drop the connection as a dying server does."""
        self.server.log.append(f"{self.command} {path} RESET {len(self.raw)}")
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's
        """Keep quiet: ``server.log`` has it."""

    def answer(self, path: str) -> Reply:
        for method, pattern, name in ROUTES:
            match = re.fullmatch(pattern, path)
            if method == self.command and match:
                reply: Reply = getattr(self, name)(*match.groups())
                return reply
        return 404, {"error": {"message": f"no such address: {path}", "code": 404}}

    def token(self) -> Reply:
        return 200, identity_token()

    def search(self) -> Reply:
        item = {"crn": INSTANCE, "service_plan_unique_id": "plan", "name": "loopback", "tags": []}
        return 200, {"items": [item | {"doc": {"extensions": [{"any": "thing"}]}}]}

    def catalog(self) -> Reply:
        plan = self.server.plan
        return 200, {
            "overview_ui": {"en": {"display_name": plan}},
            "metadata": {"pricing": {"type": PLANS[plan]}},
        }

    def backends(self) -> Reply:
        devices = [
            {
                "name": name,
                "status": {"name": "online"},
                "qubits": self.server.device(name).num_qubits,
                "queue_length": place,
            }
            for place, name in enumerate(self.server.order)
            if name not in self.server.retired
        ]
        return 200, {"devices": devices}

    def backend(self, name: str, what: str) -> Reply:
        if name not in DEVICES or name in self.server.retired:
            return 404, {"error": {"message": "no such device", "code": 404}}
        device = self.server.device(name)
        if what == "configuration":
            content = device._load_json(device.conf_filename) | {"backend_name": name}
            return 200, content | {"dynamic_reprate_enabled": True, "simulator": False}
        if what == "properties":
            return 200, device._load_json(device.props_filename) | {"backend_name": name}
        queued = sum(job.view(self.server.now())["status"] == "Queued" for job in self.jobs)
        return 200, {
            "state": True,
            "status": "active",
            "message": "",
            "length_queue": queued,
            "backend_version": "1.0",
        } | self.server.condition

    @property
    def jobs(self) -> list[Job]:
        return list(self.server.jobs.values())

    def usage(self) -> Reply:
        server = self.server
        consumed = server.consumed + sum(job.charged(server.now()) for job in self.jobs)
        return 200, told_usage(consumed, server.limit, server.window)

    def open_session(self) -> Reply:
        body = json.loads(self.raw)
        if self.server.plan == "Open" and body["mode"] == "dedicated":
            return 400, {"error": {"message": "the open plan has no sessions", "code": 1352}}
        session = {
            "id": f"session{uuid4().hex[:8]}",
            "mode": body["mode"],
            "backend_name": body["backend"],
            "state": "open",
            "accepting_jobs": True,
            "elapsed_time": 0,
            "max_ttl": body.get("max_ttl", 28800),
            "interactive_ttl": 60,
        }
        self.server.sessions[session["id"]] = session
        return 200, session

    def patch_session(self, name: str) -> Reply:
        self.server.sessions[name] |= json.loads(self.raw) | {"state": "closed"}
        return 204, ""

    def close_session(self, name: str) -> Reply:
        self.server.sessions[name] |= {"accepting_jobs": False, "state": "closed"}
        return 204, ""

    def session(self, name: str) -> Reply:
        known = self.server.sessions.get(name)
        return (200, known) if known else (404, {"error": {"message": "no such session"}})

    def submit(self) -> Reply:
        job = self.server.submit(json.loads(self.raw))
        return 200, {"id": job.id, "backend": job.body["backend"]}

    def list_jobs(self) -> Reply:
        listed = self.server.now() - self.server.listing_lag
        found = [job for job in self.jobs[::-1] if job.arrived <= listed]
        for tag in self.query.get("tags", []):
            found = [job for job in found if tag in job.body.get("tags", [])]
        if self.query.get("pending", [""])[0].lower() == "true":
            found = [job for job in found if job.goes_on(self.server.now())]
        start = int(self.query.get("offset", ["0"])[0])
        page = found[start : start + int(self.query.get("limit", ["20"])[0])]
        now = self.server.now()
        return 200, {"jobs": [job.view(now) for job in page], "count": len(found)}

    def job(self, name: str) -> Reply:
        if name not in self.server.jobs:
            return 404, {"error": {"message": "no such job", "code": 1291}}
        return 200, self.server.jobs[name].view(self.server.now())

    def results(self, name: str) -> Reply:
        return sent_result(self.server, self.server.jobs[name])

    def metrics(self, name: str) -> Reply:
        job = self.server.jobs[name]
        return 200, told_metrics(job.charged(self.server.now()), job.created)

    def cancel(self, name: str) -> Reply:
        job = self.server.jobs[name]
        if job.view(self.server.now())["status"] not in {"Queued", "Running"}:
            return 409, {"error": {"message": "the job has ended", "code": 1301}}
        job.outcome = "Cancelled"
        return 204, ""


@contextmanager
def serving(port: int = 0) -> Iterator[RuntimeServer]:
    """Serve in a thread while the block runs."""
    with RuntimeServer(port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
            server.pool.shutdown(cancel_futures=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve IBM's runtime API on this machine.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--plan", choices=PLANS, default="Open")
    parser.add_argument("--queue", type=float, default=0.0, help="seconds that jobs are queued")
    parser.add_argument("--used", type=float, default=10.0, help="seconds of the 600 that are used")
    arguments = parser.parse_args()
    with serving(arguments.port) as running:
        running.plan, running.queue_seconds = arguments.plan, arguments.queue
        running.consumed = arguments.used
        for name, value in running.environment.items():
            print(f"export {name}='{value}'")
        print(f"# devices: {', '.join(DEVICES)}; Ctrl-C ends", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
