from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kill_clients import Clients
from tests.kill_rounds import Rounds
from tests.runtime_server import RuntimeServer


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    made = Clients()
    yield made
    made.close()


@pytest.fixture
def rounds(ibm: RuntimeServer, clients: Clients, tmp_path: Path) -> Iterator[Rounds]:
    submit = ibm.submit
    yield Rounds(ibm, clients, tmp_path, seed=0)
    ibm.submit = submit  # type: ignore[method-assign]


@pytest.mark.parametrize("point", ["before the POST", "before its answer is noted"])
def test_a_killed_submission_is_neither_lost_nor_paid_twice(rounds: Rounds, point: str) -> None:
    found = rounds.killed_at(point)
    assert found.clean, found


def test_a_batch_is_closed_after_a_kill(rounds: Rounds) -> None:
    found = rounds.killed_by_service("PATCH", r"/sessions/\w+", "reset")
    assert found.clean, found


def test_a_killed_resubmission_is_taken_up(rounds: Rounds) -> None:
    found = rounds.resubmitted_and_killed()
    assert found.clean, found


def test_all_of_three_processes_get_the_values_of_one_job(rounds: Rounds) -> None:
    found = rounds.race()
    assert found.clean, found


@pytest.mark.parametrize(
    ("point", "stage"), [("after the POST", 2), ("after its result is kept", 2)]
)
def test_a_kill_within_or_between_stages_pays_each_stage_once(
    rounds: Rounds, point: str, stage: int
) -> None:
    found = rounds.killed_in_stage(point, stage)
    assert found.clean, found
