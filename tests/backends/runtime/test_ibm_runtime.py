from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qkdrp.backends import get_backend
from qkdrp.backends.ibm_runtime import IbmRuntime
from qkdrp.backends.protocols import PaidBackend
from qkdrp.backends.runtime import device_circuits
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError, JobsPendingError
from tests.backends.tester import Reals, random_point
from tests.runtime_server import TOKEN, RuntimeServer

SIGMAS = 5
SHOTS = 2048


@pytest.fixture(scope="module")
def pqc() -> PQC:
    return build_pqc(PQCSpec(3, 1, 1))


@pytest.fixture(scope="module")
def point(pqc: PQC) -> tuple[Reals, Reals]:
    return random_point(pqc, 4, np.random.default_rng(0))


@pytest.fixture(scope="module")
def noisy(pqc: PQC, point: tuple[Reals, Reals]) -> Reals:
    with get_backend("aer_noisy", noise="fake_manila") as backend:
        return np.asarray(backend.qnn(pqc).forward(*point))


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.sqlite")


def open_ibm(ledger: str, **options: object) -> IbmRuntime:
    options = {"device": "ibm_manila", "shots": SHOTS, "ledger": ledger} | options
    backend = get_backend("ibm_runtime", **options)
    assert isinstance(backend, IbmRuntime)
    return backend


@pytest.mark.parametrize("estimator", ["executor", "legacy"])
@pytest.mark.parametrize("mode", ["batch", "session", "job"])
def test_values_are_those_of_the_device(
    ibm: RuntimeServer,
    ledger: str,
    pqc: PQC,
    point: tuple[Reals, Reals],
    noisy: Reals,
    mode: str,
    estimator: str,
) -> None:
    with open_ibm(ledger, mode=mode, runtime_estimator=estimator) as backend:
        found = backend.qnn(pqc).forward(*point)
        (values,) = backend._estimator.found
    assert (values.stds > 0).all()
    np.testing.assert_array_less(np.abs(found - noisy), SIGMAS * values.stds)
    assert backend.usage.pubs == 1
    assert backend.usage.executions == len(noisy)
    assert backend.usage.shots == len(noisy) * SHOTS
    (job,) = ibm.jobs.values()
    assert job.body["program_id"] == {"legacy": "estimator"}.get(estimator, estimator)
    assert all(not session["accepting_jobs"] for session in ibm.sessions.values())
    assert [session["mode"] for session in ibm.sessions.values()] == {
        "batch": ["batch"],
        "session": ["dedicated"],
        "job": [],
    }[mode]


@pytest.mark.parametrize("estimator", ["executor", "legacy"])
def test_fakes_are_simulated_without_a_service(
    pqc: PQC, point: tuple[Reals, Reals], noisy: Reals, estimator: str
) -> None:
    with get_backend(
        "ibm_runtime", device="fake_manila", shots=SHOTS, runtime_estimator=estimator
    ) as backend:
        found = backend.qnn(pqc).forward(*point)
        (values,) = backend._estimator.found
    np.testing.assert_array_less(np.abs(found - noisy), SIGMAS * values.stds)
    assert backend.report()["evaluations"] == []


@pytest.mark.parametrize("resilience", [1, 2])
def test_mitigation_brings_values_nearer(
    pqc: PQC, point: tuple[Reals, Reals], noisy: Reals, resilience: int
) -> None:
    exact = get_backend("statevector").qnn(pqc).forward(*point)
    with get_backend(
        "ibm_runtime", device="fake_manila", shots=4000, resilience=resilience
    ) as backend:
        found = backend.qnn(pqc).forward(*point)
    assert np.square(found - exact).mean() < np.square(noisy - exact).mean() / 2


def test_the_same_values_asked_again_are_not_paid_twice(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    with open_ibm(ledger) as backend:
        first = backend.qnn(pqc).forward(*point)
    with open_ibm(ledger, mode="job", max_qpu_seconds=1) as backend:
        again = backend.qnn(pqc).forward(*point)
        assert backend.usage.shots == 0
    np.testing.assert_array_equal(first, again)
    assert len(ibm.jobs) == 1
    with open_ibm(ledger, shots=SHOTS // 2) as backend:
        backend.qnn(pqc).forward(*point)
    with open_ibm(ledger, resubmit=True) as backend:
        backend.qnn(pqc).forward(*point)
    assert len(ibm.jobs) == 3


def test_the_least_busy_device_is_attached_to_when_another_is_less_busy(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    with open_ibm(ledger, device="least_busy") as backend:
        first = backend.qnn(pqc).forward(*point)
        assert backend.device.name == "ibm_manila"
    ibm.order = ("ibm_lagos", "ibm_manila")
    with open_ibm(ledger, device="least_busy") as backend:
        assert backend.device.name == "ibm_lagos"
        np.testing.assert_array_equal(backend.qnn(pqc).forward(*point), first)
        assert backend.report()["device"] == "ibm_manila"
    assert len(ibm.jobs) == 1


def test_above_the_limit_nothing_reaches_the_jobs(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    with (
        open_ibm(ledger, max_qpu_seconds=3) as backend,
        pytest.raises(BackendError, match=r"above the limit of 3 s: .* --max-qpu-seconds 5"),
    ):
        backend.qnn(pqc).forward(*point)
    assert ibm.count("POST", "/jobs") == ibm.count("POST", "/sessions") == 0
    assert backend.ledger is not None
    assert backend.ledger.evaluations() == []


def test_many_executions_become_several_jobs(
    ibm: RuntimeServer,
    ledger: str,
    pqc: PQC,
    point: tuple[Reals, Reals],
    noisy: Reals,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qkdrp.backends.runtime.cost.MOST_EXECUTIONS", 2 * SHOTS)
    costs = []
    with open_ibm(ledger) as backend:
        backend.on_cost = costs.append
        found = backend.qnn(pqc).forward(*point)
        (values,) = backend._estimator.found
    np.testing.assert_array_less(np.abs(found - noisy), SIGMAS * values.stds)
    assert len(ibm.jobs) == costs[0].pubs == 2
    assert len(ibm.sessions) == 1


def test_a_large_payload_becomes_several_jobs(
    ibm: RuntimeServer,
    ledger: str,
    pqc: PQC,
    point: tuple[Reals, Reals],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_ibm(ledger) as backend:
        whole = backend.estimate_cost(pqc, 400).payload
        monkeypatch.setattr("qkdrp.backends.runtime.cost.MOST_PAYLOAD", 0.8 * whole)
        cost = backend.estimate_cost(pqc, 400)
        assert cost.pubs >= 2
        assert cost.points == 400
        monkeypatch.setattr("qkdrp.backends.runtime.cost.MOST_PAYLOAD", 10)
        with pytest.raises(BackendError, match="One point alone"):
            backend.estimate_cost(pqc, 2)
    assert ibm.jobs == {}


def test_the_estimate_is_what_is_sent(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    for estimator in ("executor", "legacy"):
        with open_ibm(ledger, runtime_estimator=estimator) as backend:
            costs = []
            backend.on_cost = costs.append
            backend.qnn(pqc).forward(*point)
        sent = int(next(line for line in ibm.log[::-1] if "POST /jobs 200" in line).split()[-1])
        assert costs[0].payload < sent < costs[0].payload + 600
        assert costs[0].plan == "pay-as-you-go"
        expected = 2 + (250e-6 + costs[0].circuit_seconds) * 4 * SHOTS
        assert costs[0].seconds == pytest.approx(expected)
        assert 5e-6 < costs[0].circuit_seconds < 50e-6


def test_the_cost_is_asked_once(
    ibm: RuntimeServer,
    ledger: str,
    pqc: PQC,
    point: tuple[Reals, Reals],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, told = [], []

    def estimate(*arguments: object) -> RuntimeCost:
        asked.append(original(*arguments))
        return asked[-1]

    original = device_circuits.estimate
    monkeypatch.setattr(device_circuits, "estimate", estimate)
    for _ in range(2):
        with open_ibm(ledger) as backend:
            backend.on_cost = told.append
            backend.qnn(pqc).forward(*point)
    assert [replace(cost, quota=None) for cost in told] == asked
    assert len(asked) == 1


def test_a_gradient_is_one_pub(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    inputs, weights = point
    with open_ibm(ledger, gradient="shift", shots=256) as backend:
        by_inputs, by_weights = backend.qnn(pqc).backward(inputs[:1], weights)
    exact = get_backend("statevector").qnn(pqc).backward(inputs[:1], weights)
    assert backend.usage.pubs == len(ibm.jobs) == 1
    assert backend.usage.executions == 2 * (pqc.n_inputs + pqc.n_weights)
    np.testing.assert_allclose(by_inputs, exact[0], atol=0.5)
    np.testing.assert_allclose(by_weights, exact[1], atol=0.5)


def test_nobody_waits_unless_asked(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    ibm.queue_seconds = 600
    with (
        open_ibm(ledger, wait=False) as backend,
        pytest.raises(JobsPendingError, match="jobs collect 1"),
    ):
        backend.qnn(pqc).forward(*point)
    assert len(ibm.jobs) == 1
    ibm.pace = 600  # ten minutes pass in a second
    with open_ibm(ledger) as backend:
        assert backend.qnn(pqc).forward(*point).shape == (4, 3)
    assert len(ibm.jobs) == 1


def test_options_reach_the_service(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    with open_ibm(
        ledger,
        runtime_estimator="legacy",
        resilience=2,
        dynamical_decoupling=True,
        twirling=True,
        max_qpu_seconds=77,
    ) as backend:
        backend.qnn(pqc).forward(*point)
    (job,) = ibm.jobs.values()
    assert job.body["cost"] == 77
    params = job.body["params"]
    assert params["resilience_level"] == 2
    assert params["options"]["dynamical_decoupling"] == {"enable": True}
    assert params["options"]["twirling"] == {"enable_gates": True, "enable_measure": True}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": ""}, "device: give one"),
        ({"device": "fake_nothing"}, "Unknown device 'fake_nothing': choose one of"),
        ({"device": "ibm_nothing"}, "could not find device ibm_nothing"),
        ({"mode": "fast"}, "mode = 'fast': choose one of batch, session, job"),
        ({"shots": 0}, "shots = 0"),
        ({"resilience": 3}, "resilience = 3: choose one of 0, 1, 2"),
        ({"max_qpu_seconds": float("nan")}, "max_qpu_seconds = nan"),
        ({"gradient": "adjoint"}, "gradient = 'adjoint'"),
        ({"runtime_estimator": "old"}, "estimator = 'old'"),
        ({"fractional_gates": True, "twirling": True}, "cannot be twirled"),
        ({"instance": "nobody's"}, "could not open the account"),
    ],
)
def test_bad_settings_are_named(
    ibm: RuntimeServer, ledger: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(BackendError, match=message) as caught:
        open_ibm(ledger, **options)
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert ibm.jobs == {}


def test_the_open_plan_has_no_sessions(ibm: RuntimeServer, ledger: str) -> None:
    ibm.plan = "Open"
    with pytest.raises(BackendError, match="use --mode batch"):
        open_ibm(ledger, mode="session")


def test_a_wide_circuit_is_refused(ibm: RuntimeServer, ledger: str) -> None:
    with open_ibm(ledger) as backend, pytest.raises(BackendError, match=r"6 qubits.*has 5"):
        backend.qnn(build_pqc(PQCSpec(6, 1, 1)))


def test_capabilities_are_told_by_type() -> None:
    paid = get_backend("ibm_runtime", device="fake_manila")
    assert isinstance(paid, PaidBackend)
    assert (paid.ledger, tuple(paid.evaluations)) == (None, ())
    assert not isinstance(get_backend("statevector"), PaidBackend)


def test_a_wide_fake_falls_back_and_says_so() -> None:
    with get_backend("ibm_runtime", device="fake_guadalupe", resilience=1) as backend:
        assert isinstance(backend, IbmRuntime)
        assert backend.report()["estimator"] == "legacy"
        assert "would simulate all 16 qubits" in backend.notes[0]
        assert backend.notes[1] == "no effect in this simulation: resilience"


def test_training_on_hardware_must_be_allowed(ibm: RuntimeServer, ledger: str) -> None:
    with open_ibm(ledger) as backend, pytest.raises(BackendError, match="--allow-hardware"):
        backend.check_training()
    with open_ibm(ledger, allow_training=True) as backend:
        backend.check_training()
    with get_backend("ibm_runtime", device="fake_manila") as backend:
        backend.check_training()


def test_without_an_account_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("QISKIT_IBM_TOKEN", raising=False)
    monkeypatch.setattr(
        "qiskit_ibm_runtime.accounts.management._DEFAULT_ACCOUNT_CONFIG_JSON_FILE",
        str(tmp_path / "none.json"),
    )
    with pytest.raises(BackendError, match=r"could not open the account .*save_account"):
        open_ibm(ledger)


@pytest.mark.parametrize("kind", [RuntimeError, TypeError])
@pytest.mark.parametrize("step", ["submit", "load"])
def test_what_the_client_raises_while_it_prepares_a_job_is_one_line(
    ibm: RuntimeServer,
    ledger: str,
    pqc: PQC,
    point: tuple[Reals, Reals],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    kind: type[Exception],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise kind("box\ncollision")

    # On a fake device the client runs, on a real one it prepares what is to be sent.
    target = {
        "submit": "qiskit_ibm_runtime.executor_estimator.Estimator.run",
        "load": "qiskit_ibm_runtime.executor_estimator.prepare.prepare",
    }[step]
    device = {"submit": "fake_manila", "load": "ibm_manila"}[step]
    monkeypatch.setattr(target, fail)
    with (
        open_ibm(ledger, device=device) as backend,
        pytest.raises(BackendError, match="box collision"),
    ):
        backend.qnn(pqc).forward(*point)
    assert ibm.jobs == {}
