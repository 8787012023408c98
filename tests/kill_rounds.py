"""Submissions that are killed, raced, slowed down and shifted in time, against a local service.

    python -m tests.kill_rounds --rounds 20 --random 100 --slow 80

plays the rounds and prints what was paid twice, lost, or left open: nothing should be. Clients are
processes of their own, forked from one that has imported everything.
"""

import argparse
import json
import os
import random
import re
import signal
import sqlite3
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.kill_clients import POINTS_OF_DEATH, Clients, Order
from tests.runtime_jobs import Fault, Job
from tests.runtime_server import RuntimeServer, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

ASKED_AGAIN = 8
"""How often the same command is given, at most, until it has its values."""


@dataclass
class Outcome:
    """What became of one round.

    Args:
        paid_twice: Jobs that were carried out, or may be, beyond those that were needed.
        lost: 1 if the values were not there in the end.
        left_open: Batches that are open though the ledger knows them.
        unheard: Batches that are open and of which no client heard; without jobs.
        empty: Folders of results without a file.
        problem: What was said that should not have been.
    """

    paid_twice: int = 0
    lost: int = 0
    left_open: int = 0
    unheard: int = 0
    empty: int = 0
    problem: str = ""

    @property
    def clean(self) -> bool:
        return not (self.paid_twice or self.lost or self.left_open or self.empty or self.problem)


class Rounds:
    """Plays rounds, each with a service and a ledger that hold nothing."""

    def __init__(self, server: RuntimeServer, clients: Clients, folder: Path, seed: int) -> None:
        self.server, self.clients, self.folder = server, clients, folder
        self.rng = random.Random(seed)
        self.number = 0
        self.needed = self.n_jobs = 1
        self.results: dict[int, Future[str]] = {}
        self.usual_of_stages: dict[str, Any] = {}
        submit = server.submit

        def quick(body: dict[str, Any]) -> Job:
            """Carry out the first job of a size; later ones have its result."""
            with server.lock:
                known = self.results.get(self.n_jobs)
                server.outcome = "Failed" if known else "Completed"
                job = submit(body)
                job.outcome, job.result = "Completed", known or job.result
                if job.result is not None:
                    self.results[self.n_jobs] = job.result
            return job

        server.submit = quick  # type: ignore[method-assign]

    def begin(self, **more: Any) -> Order:
        """Forget all, and return what the first client of a round is to do."""
        self.number += 1
        here = self.folder / f"round{self.number}"
        here.mkdir()
        self.server.reset()
        self.n_jobs = more.get("n_jobs", 1)
        self.needed = self.n_jobs * more.get("n_stages", 1)
        return Order(str(here / "ledger.sqlite"), str(here), self.server.environment, **more)

    def start(self, order: Order) -> tuple[int, Path]:
        handle, name = tempfile.mkstemp(dir=order.folder, prefix="answer", suffix=".json")
        os.close(handle)
        return self.clients.start(order, Path(name)), Path(name)

    def finish(self, client: tuple[int, Path]) -> dict[str, Any]:
        self.clients.wait(client[0])
        with suppress(ValueError):
            return dict(json.loads(client[1].read_text()))
        return {"killed": True}

    def run(self, order: Order) -> dict[str, Any]:
        return self.finish(self.start(order))

    def until_done(self, order: Order) -> dict[str, Any]:
        """Give the same command until it has its values, waiting as long as it says."""
        order = replace(order, point="")
        for _ in range(ASKED_AGAIN):
            said = self.run(order)
            if "values" in said or "bug" in said:
                return said
            told = re.search(r"ask again in (\d+) s", said.get("error", ""))
            self.server.clock_shift += float(told[1]) + 2 if told else 1
            self.server.listing_lag = 0
        return said

    def judge(self, order: Order, *said: dict[str, Any]) -> Outcome:
        """Say what became of a round, after the last command."""
        jobs = self.server.jobs.values()
        paid = [job for job in jobs if job.outcome != "Cancelled"]
        opened = {name for name, each in self.server.sessions.items() if each["accepting_jobs"]}
        database = sqlite3.connect(order.ledger)
        heard = {row[0] for row in database.execute("SELECT session FROM modes")}
        database.close()
        folders = [path for path in Path(order.folder).iterdir() if path.is_dir()]
        bugs = [each["bug"] for each in said if "bug" in each]
        return Outcome(
            paid_twice=max(0, len(paid) - self.needed),
            lost=int(not any("values" in each for each in said) or len(paid) < self.needed),
            left_open=len(opened & heard),
            unheard=len(opened - heard),
            empty=sum(not [*path.iterdir()] for path in folders),
            problem=bugs[0] if bugs else "",
        )

    def killed_at(self, point: str) -> Outcome:
        order = self.begin(point=point, n_jobs=self.number % 2 + 1)
        assert "killed" in self.run(order), point
        return self.judge(order, self.until_done(order))

    def killed_in_stage(self, point: str, stage: int) -> Outcome:
        """Kill a client in one of three stages, then ask for the same until all is there."""
        usual = self.usual_of_stages or self.run(self.begin(n_stages=3))
        self.usual_of_stages = usual
        order = self.begin(point=point, n_stages=3, stage=stage)
        assert "killed" in self.run(order), point
        said = self.until_done(order)
        found = self.judge(order, said)
        if said.get("values") != usual["values"]:
            found.problem = found.problem or f"other values than without a kill: {said}"
        return found

    def killed_by_service(self, method: str, path: str, action: str) -> Outcome:
        """Kill the client while the service works on one of its requests."""
        order = self.begin(n_jobs=self.number % 2 + 1)
        pids: list[int] = []
        started = threading.Event()

        def kill() -> None:
            started.wait()
            os.kill(pids[0], signal.SIGKILL)

        self.server.faults = [Fault(method, path, action, before=kill)]
        client = self.start(order)
        pids.append(client[0])
        started.set()
        assert "killed" in self.finish(client), path
        return self.judge(order, self.until_done(order))

    def killed_at_random(self, seconds: float) -> Outcome:
        order = self.begin(n_jobs=self.number % 2 + 1)
        client = self.start(order)
        time.sleep(self.rng.uniform(0, seconds))
        with suppress(ProcessLookupError):
            os.kill(client[0], signal.SIGKILL)
        self.finish(client)
        return self.judge(order, self.until_done(order))

    def race(self, n_clients: int = 3) -> Outcome:
        order = self.begin()
        running = [self.start(order) for _ in range(n_clients)]
        said = [self.finish(client) for client in running]
        found = self.judge(order, *said)
        errors = [each.get("error", "") for each in said if "values" not in each]
        found.problem = found.problem or next(iter(errors), "")
        if len(self.server.sessions) > 1:
            found.problem = found.problem or f"{len(self.server.sessions)} batches were opened"
        return found

    def resubmitted_and_killed(self) -> Outcome:
        order = self.begin()
        self.run(order)
        self.needed = 2
        again = replace(order, resubmit=True)
        assert "killed" in self.run(replace(again, point="before its answer is noted"))
        return self.judge(order, self.until_done(again))

    def slow_post(self, seconds: float, asked_after: float) -> Outcome:
        """Kill a client whose POST takes long, and ask again before it has arrived."""
        order = self.begin()
        arrived = threading.Event()

        def slowly() -> None:
            arrived.set()
            time.sleep(seconds)

        self.server.faults = [Fault("POST", "/jobs", "", before=slowly)]
        client = self.start(order)
        arrived.wait(60)
        os.kill(client[0], signal.SIGKILL)
        self.finish(client)
        time.sleep(asked_after)
        said = self.run(order)
        problem = "" if "nothing is paid twice" in said.get("error", "") else str(said)
        time.sleep(max(0.0, seconds - asked_after) + 0.5)
        found = self.judge(order, said, self.until_done(order))
        found.problem = found.problem or problem
        return found

    def two_hosts(self, killed: bool) -> Outcome:
        """Ask from another host while a submission is on its way, or its client dead."""
        order = self.begin(host="one")
        arrived = threading.Event()

        def slowly() -> None:
            arrived.set()
            time.sleep(3)

        self.server.faults = [Fault("POST", "/jobs", "", before=slowly)]
        client = self.start(order)
        arrived.wait(60)
        if killed:
            os.kill(client[0], signal.SIGKILL)
        first = self.run(replace(order, host="two"))
        time.sleep(2.5)
        last = self.until_done(replace(order, host="two"))
        said = self.finish(client)
        return self.judge(order, first, last, said if not killed else {})

    def two_jobs_of_one_tag(self) -> Outcome:
        """The service answers 500 after it has made the job, and the client sends again."""
        order = self.begin()
        self.server.queue_seconds, self.server.faults = 600, [Fault("POST", "/jobs", "500 after")]
        client = self.start(order)
        while not any(job.outcome == "Cancelled" for job in self.server.jobs.values()):
            time.sleep(0.1)
        for job in self.server.jobs.values():
            job.ready = 0.0
        said = self.finish(client)
        found = self.judge(order, said)
        if not any("not needed" in note for note in said.get("notes", ())):
            found.problem = found.problem or "nothing was said of the second job"
        return found

    def clock_shift(self, seconds: float) -> Outcome:
        """Ask with another clock while the list of jobs lags."""
        order = self.begin(point="after the POST")
        self.server.listing_lag = 1e6
        self.run(order)
        said = self.run(replace(order, point="", clock=seconds))
        found = self.judge(order, said, self.until_done(replace(order, clock=seconds)))
        if "nothing is paid twice" not in said.get("error", ""):
            found.problem = found.problem or str(said)
        return found


def play(rounds: Rounds, n: int, n_random: int, slow: float) -> dict[str, list[Outcome]]:
    """Play all kinds of rounds; return their outcomes by name."""
    for n_jobs in (1, 2):
        rounds.run(rounds.begin(n_jobs=n_jobs))
    started = time.monotonic()
    rounds.run(rounds.begin())
    usual = time.monotonic() - started
    kinds: dict[str, tuple[int, Callable[[], Outcome]]] = {
        f"killed {point}": (n, lambda point=point: rounds.killed_at(point))  # type: ignore[misc]
        for point in POINTS_OF_DEATH
    }
    kinds |= {
        f"stage {stage} of 3, killed {point}": (
            max(1, n // 4),
            lambda point=point, stage=stage: rounds.killed_in_stage(point, stage),  # type: ignore[misc]
        )
        for point in POINTS_OF_DEATH
        for stage in (1, 2, 3)
    }
    for name, method, path, action in (
        ("during the POST", "POST", "/jobs", ""),
        ("while collecting", "GET", r"/jobs/\w+/results", ""),
        ("while closing the batch", "PATCH", r"/sessions/\w+", "reset"),
    ):
        kinds[f"killed {name}"] = (
            n,
            lambda where=(method, path, action): rounds.killed_by_service(*where),  # type: ignore[misc]
        )
    kinds |= {
        "killed at a random moment": (n_random, lambda: rounds.killed_at_random(usual)),
        "--resubmit, killed, asked again": (n, rounds.resubmitted_and_killed),
        "three processes at once": (n, rounds.race),
        f"POST of {slow:g} s, killed": (1, lambda: rounds.slow_post(slow, 0.775 * slow)),
        "two hosts, both alive": (max(1, n // 4), lambda: rounds.two_hosts(killed=False)),
        "two hosts, one killed": (max(1, n // 4), lambda: rounds.two_hosts(killed=True)),
        "500 after the job was made": (max(1, n // 4), rounds.two_jobs_of_one_tag),
        "clock an hour ahead": (max(1, n // 4), lambda: rounds.clock_shift(3600)),
        "clock an hour back": (max(1, n // 4), lambda: rounds.clock_shift(-3600)),
    }
    outcomes: dict[str, list[Outcome]] = {}
    for name, (how_often, kind) in kinds.items():
        outcomes[name] = [kind() for _ in range(how_often)]
        print(row(name, outcomes[name]), flush=True)
        for each in outcomes[name]:
            if each.problem:
                print(f"    {each.problem}", flush=True)
    return outcomes


HEAD = f"{'':<48}{'rounds':>8}{'paid twice':>12}{'lost':>6}{'left open':>11}{'unheard':>9}"


def row(name: str, found: list[Outcome]) -> str:
    """Return a row of the table."""
    twice, lost, left, unheard = (
        sum(getattr(each, column) for each in found)
        for column in ("paid_twice", "lost", "left_open", "unheard")
    )
    return f"{name:<48}{len(found):>8}{twice:>12}{lost:>6}{left:>11}{unheard:>9}"


def main() -> int:
    """Play the rounds that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="of each kind")
    parser.add_argument("--random", type=int, default=100, help="rounds killed at random moments")
    parser.add_argument("--slow", type=float, default=80.0, help="seconds of the slow POST")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    clients = Clients()
    with tempfile.TemporaryDirectory() as folder, serving() as server:
        rounds = Rounds(server, clients, Path(folder), asked.seed)
        print(HEAD)
        outcomes = play(rounds, asked.rounds, asked.random, asked.slow)
        everything = [each for found in outcomes.values() for each in found]
        print(row("all", everything))
        clients.close()
    return int(not all(each.clean for each in everything))


if __name__ == "__main__":
    raise SystemExit(main())
