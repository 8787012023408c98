from pathlib import Path

import numpy as np
import pytest

from qkdrp.backends import get_backend
from qkdrp.backends.ibm_runtime import IbmRuntime
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.backends.runtime.quota import Quota
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.common.errors import BackendError, JobsPendingError
from tests.backends.tester import Reals, random_point
from tests.runtime_jobs import Fault
from tests.runtime_server import RuntimeServer

SHOTS = 500
N_POINTS = 4
SECONDS = pytest.approx(2 + N_POINTS * SHOTS * (250e-6 + 9.74e-6), rel=1e-3)
"""Of all points."""


@pytest.fixture(scope="module")
def pqc() -> PQC:
    return build_pqc(PQCSpec(3, 1, 1))


@pytest.fixture(scope="module")
def point(pqc: PQC) -> tuple[Reals, Reals]:
    return random_point(pqc, N_POINTS, np.random.default_rng(0))


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.sqlite")


def open_ibm(ledger: str, **options: object) -> IbmRuntime:
    options = {"device": "ibm_manila", "shots": SHOTS, "ledger": ledger} | options
    backend = get_backend("ibm_runtime", **options)
    assert isinstance(backend, IbmRuntime)
    return backend


def quota_of(cost: RuntimeCost) -> Quota:
    assert cost.quota is not None
    return cost.quota


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rep_delay": 1e-4},
        {"resilience": 1},
        {"runtime_estimator": "legacy"},
        {"runtime_estimator": "legacy", "rep_delay": 5e-4},
    ],
)
def test_what_is_charged_is_what_was_shown(
    ibm: RuntimeServer,
    ledger: str,
    pqc: PQC,
    point: tuple[Reals, Reals],
    options: dict[str, object],
) -> None:
    told: list[RuntimeCost] = []
    with open_ibm(ledger, price="2 EUR", **options) as backend:
        shown = backend.estimate_cost(pqc, N_POINTS)
        backend.on_cost = told.append
        backend.qnn(pqc).forward(*point)
        left = quota_of(backend.estimate_cost(pqc, N_POINTS))
    assert backend.ledger is not None
    (evaluation,) = backend.ledger.evaluations()
    charged = evaluation.jobs[0].charged_seconds
    assert shown.seconds == told[0].seconds == pytest.approx(charged, rel=1e-3)
    assert f"about {2 * shown.seconds:.2f} EUR, at 2 EUR for each second" in "\n".join(
        shown.lines()
    )
    assert quota_of(shown).consumed == 10
    assert left.consumed == pytest.approx(10 + shown.seconds, rel=1e-3)
    assert left.left == pytest.approx(600 - left.consumed)


def test_above_what_is_left_nothing_is_sent_unless_told(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    ibm.consumed = 598
    with open_ibm(ledger) as backend:
        shown = backend.estimate_cost(pqc, N_POINTS)
        assert shown.over_quota
        assert "0.0 of 10.0 minutes left" in shown.lines()[-1]
        assert "refused without --over-quota" in shown.lines()[-1]
        with pytest.raises(BackendError, match=r"above the 2\.0 s that are left .*--over-quota"):
            backend.qnn(pqc).forward(*point)
        assert backend.ledger is not None
        assert backend.ledger.evaluations() == []
    assert ibm.count("POST", "/jobs") == ibm.count("POST", "/sessions") == 0
    with open_ibm(ledger, over_quota=True) as backend:
        backend.qnn(pqc).forward(*point)
    assert len(ibm.jobs) == 1
    with open_ibm(ledger) as backend:  # paid for: nothing is refused, nothing is sent
        backend.qnn(pqc).forward(*point)
    assert len(ibm.jobs) == 1


def test_what_waits_is_no_longer_left(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    ibm.queue_seconds, ibm.consumed = 600, 595
    with (
        open_ibm(ledger, wait=False) as backend,
        pytest.raises(JobsPendingError, match="collect 1"),
    ):
        backend.qnn(pqc).forward(*point)
    with open_ibm(ledger, shots=SHOTS + 1) as backend:
        told = quota_of(backend.estimate_cost(pqc, N_POINTS))
        assert told.waiting == SECONDS
        assert told.left == pytest.approx(5 - told.waiting)
        with pytest.raises(BackendError, match="of submitted jobs to come"):
            backend.qnn(pqc).forward(*point)
    assert len(ibm.jobs) == 1
    ibm.pace = 10**6
    for job in ibm.jobs.values():
        assert job.result is not None
        job.result.result()
    with open_ibm(ledger, shots=SHOTS + 1) as backend:  # charged now, and waits no longer
        told = quota_of(backend.estimate_cost(pqc, N_POINTS))
    assert (told.waiting, told.consumed) == (0, pytest.approx(595 + 2.52, abs=0.01))


def test_a_plan_without_a_limit_refuses_nothing(
    ibm: RuntimeServer, ledger: str, pqc: PQC, point: tuple[Reals, Reals]
) -> None:
    ibm.limit, ibm.consumed = None, 10**6
    ibm.window = ("2026-11-01", "2026-11-29")
    with open_ibm(ledger) as backend:
        told = backend.estimate_cost(pqc, N_POINTS)
        assert "tells no limit" in told.lines()[-1]
        assert "2026-11-01 to 2026-11-29" in told.lines()[-1]
        backend.qnn(pqc).forward(*point)
    assert len(ibm.jobs) == 1


def test_a_service_that_does_not_tell_refuses_nothing(
    ibm: RuntimeServer, ledger: str, pqc: PQC
) -> None:
    ibm.faults = [Fault("GET", "/instances/usage", "404", 99)]
    with open_ibm(ledger) as backend:
        told = backend.estimate_cost(pqc, N_POINTS)
    assert "quota    unknown: IBM Quantum: could not ask what is left" in told.lines()[-1]
    assert not told.over_quota


def test_a_limit_that_is_reached_leaves_nothing() -> None:
    assert Quota(reached=True).short_of(0.1)
    assert not Quota().short_of(10**9)
    assert Quota(consumed=500, limit=600, waiting=200).left == 0


def test_several_costs_are_held_against_one_quota(
    ibm: RuntimeServer, ledger: str, pqc: PQC
) -> None:
    ibm.consumed = 596
    with open_ibm(ledger) as backend:
        one = backend.estimate_cost(pqc, N_POINTS)
    assert not one.over_quota
    assert (one + one).over_quota


def test_fake_devices_ask_nobody_but_know_prices(pqc: PQC) -> None:
    with get_backend("ibm_runtime", device="fake_manila", price="1 EUR") as backend:
        lines = backend.estimate_cost(pqc, N_POINTS).lines()
    assert "quota" not in "\n".join(lines)
    assert lines[-1].startswith("money    about ")
