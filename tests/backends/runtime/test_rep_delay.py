from pathlib import Path

import numpy as np
import pytest

from qkdrp.backends import get_backend
from qkdrp.backends.runtime.client_adapters import ADAPTERS
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.backends.tester import random_point
from tests.runtime_server import RuntimeServer


def preview(device: str, n_samples: int = 83, **options: object) -> RuntimeCost:
    with get_backend("ibm_runtime", device=device, shots=1000, **options) as backend:
        cost = backend.estimate_cost(build_pqc(PQCSpec(4, 2, 1)), n_samples)
    assert isinstance(cost, RuntimeCost)
    return cost


def test_a_long_delay_is_told_with_a_shorter_one() -> None:
    long, short = preview("fake_miami"), preview("fake_miami", rep_delay=1e-3)
    assert long.seconds == pytest.approx(335, abs=1)
    (told,) = (line for line in long.lines() if line.startswith("delay"))
    assert "99% of this time" in told
    assert f"takes 0.001 to 0.004 s: with --rep-delay 0.001 about {short.seconds:.1f} s" in told
    assert (short.rep_delay, short.seconds) == (1e-3, pytest.approx(long.seconds_with(1e-3)))
    (told,) = (line for line in short.lines() if line.startswith("delay"))
    assert "--rep-delay" not in told  # it is the least
    assert "4,000 us delay" in "\n".join(long.lines())


def test_a_usual_delay_is_not_worth_a_line() -> None:
    cost = preview("fake_fez")
    assert cost.seconds == pytest.approx(24, abs=1)
    assert not any(line.startswith("delay") for line in cost.lines())


@pytest.mark.parametrize("estimator", sorted(ADAPTERS))
def test_the_delay_reaches_the_service_and_the_ledger(
    ibm: RuntimeServer, tmp_path: Path, rng: np.random.Generator, estimator: str
) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    with get_backend(
        "ibm_runtime",
        device="ibm_manila",
        shots=100,
        rep_delay=4e-4,
        runtime_estimator=estimator,
        ledger=str(tmp_path / "ledger.sqlite"),
    ) as backend:
        backend.qnn(pqc).forward(*random_point(pqc, 2, rng))
        options = backend.report()["options"]
    (job,) = ibm.jobs.values()
    assert '"rep_delay": 0.0004' in str(job.body["params"]).replace("'", '"')
    assert options["rep_delay"] == 4e-4


@pytest.mark.parametrize("delay", [-1.0, 0.6e-3, float("nan"), float("inf"), 250.0])
def test_a_delay_outside_of_the_range_is_refused(ibm: RuntimeServer, delay: float) -> None:
    with pytest.raises(BackendError, match=r"ibm_manila takes 0 to 0\.0005 s between"):
        get_backend("ibm_runtime", device="ibm_manila", rep_delay=delay)
    assert ibm.jobs == {}


def test_a_device_with_a_fixed_delay_takes_no_other() -> None:
    with pytest.raises(BackendError, match=r"takes no delay but its own .*leave out --rep-delay"):
        get_backend("ibm_runtime", device="fake_london", rep_delay=1e-4)


def test_the_default_delay_changes_no_key() -> None:
    known = {"shots", "resilience", "dynamical_decoupling", "twirling", "fractional_gates"}
    assert set(RuntimeSettings("ibm_fez").of_values()) == known
    assert set(RuntimeSettings("ibm_fez", rep_delay=1e-3).of_values()) == known | {"rep_delay"}
