"""What becomes of jobs on hardware when things go wrong: nothing is lost, none is paid twice.

Every case plays a mishap against the service on this machine (``tests/runtime_server.py``), with
the commands that a user would give, and prints a row: how many jobs were wanted, how many were
sent to the service, how many results were due and how many were written, and what the user was
told. From the root of the repository:

    python -m benchmarks.job_faults

At last a client is killed at every named point of each of three stages of one evaluation, and the
same command is given again: ``paid twice`` and ``lost`` count jobs, and the values have to be those
without a kill.
"""

import argparse
import contextlib
import io
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from qkdrp.backends.runtime import cost, job_collection, ledger
from qkdrp.cli import main
from qkdrp.runs.train import prepare, train
from tests.kill_clients import POINTS_OF_DEATH, Clients
from tests.kill_rounds import Rounds
from tests.qkdrp.conftest import make_tables, small_config
from tests.qkdrp.hardware import end_all
from tests.runtime_jobs import Fault
from tests.runtime_server import RuntimeServer, serving

SHOTS = 256
EVALUATE = ("--backend", "ibm_runtime", "--device", "ibm_manila", "--shots", SHOTS)
RESULTS = Path("evaluations", "ibm_runtime")


@dataclass
class Scene:
    """A trained run, an empty service and an empty ledger.

    Args:
        server: The service.
        folder: Where everything is.
        said: What the commands printed, the last one last.
    """

    server: RuntimeServer
    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def run(self) -> Path:
        """The run folder."""
        return self.folder / "run"

    def qkdrp(self, *words: object) -> int:
        """Give a command; return its exit code."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                main([str(word) for word in words])
            except SystemExit as end:
                code = int(end.code or 0)
            except Exception as error:  # noqa: BLE001  # a traceback, which no user should see
                out.write(f"\nTRACEBACK {type(error).__name__}: {error}")
                code = 99
        self.said.append(" ".join(out.getvalue().split()))
        return code

    def submit(self, *words: object) -> int:
        """Evaluate the run without waiting."""
        return self.qkdrp("evaluate", self.run, *EVALUATE, "--no-wait", *words)

    def hold(self) -> None:
        """Keep new jobs in the queue."""
        self.server.queue_seconds = 600


@dataclass
class Case:
    """A mishap.

    Args:
        item: What it is, in words.
        play: Plays it.
        jobs: How many jobs were asked for.
        due: Folders in which results are due at the end, below the scene's.
        told: What the user must have been told.
    """

    item: str
    play: Callable[[Scene], object]
    jobs: int = 1
    due: tuple[Path, ...] = (Path("run") / RESULTS,)
    told: str = ""


def attempts(scene: Scene) -> None:
    """Cancel the first of two attempts, collect the second."""
    scene.hold()
    scene.submit()
    scene.submit("--resubmit", "--output", scene.folder / "second")
    scene.qkdrp("jobs", "cancel", 1)
    outcomes = [job.outcome for job in scene.server.jobs.values()]
    assert outcomes == ["Cancelled", "Completed"], outcomes
    end_all(scene.server)
    scene.qkdrp("jobs", "collect", 2)


def retired(scene: Scene) -> None:
    """The device is gone when the result is fetched."""
    scene.hold()
    scene.submit()
    scene.server.retired = {"ibm_manila"}
    end_all(scene.server)
    scene.qkdrp("jobs", "collect")


def ended(outcome: str, code: int = 1517) -> Callable[[Scene], None]:
    """The job ends badly."""

    def play(scene: Scene) -> None:
        scene.server.outcome, scene.server.reason_code = outcome, code
        scene.server.reason, scene.server.wreckage = "told so", "raw " * 1000
        scene.qkdrp("evaluate", scene.run, *EVALUATE)

    return play


def unknown(scene: Scene) -> None:
    """The job is in a state that nobody knows, then it is done."""
    scene.hold()
    scene.submit()
    (job,) = scene.server.jobs.values()
    result, job.result, job.outcome, job.ready = job.result, None, "On hold", 0.0
    scene.qkdrp("jobs", "wait", 1)
    told = scene.said[-1]
    job.result, job.outcome = result, "Completed"
    end_all(scene.server)
    scene.qkdrp("jobs", "collect")
    scene.said.append(told)


def maintenance(scene: Scene) -> None:
    """The device runs no jobs."""
    scene.server.condition = {"state": False, "status": "maintenance"}
    scene.qkdrp("evaluate", scene.run, *EVALUATE)


def infinite(scene: Scene) -> None:
    """Extrapolation from few shots has no finite standard errors."""
    options = ("--resilience", 2, "--shots", 2)
    scene.qkdrp("evaluate", scene.run, *EVALUATE, *options)


def cancel_many(scene: Scene) -> None:
    """One of three jobs has ended when all are cancelled."""
    before, cost.MOST_EXECUTIONS = cost.MOST_EXECUTIONS, 2 * SHOTS
    try:
        scene.hold()
        scene.submit()
        jobs = list(scene.server.jobs.values())
        if jobs[1].result is not None:
            jobs[1].result.result()
        jobs[1].ready = 0.0
        scene.qkdrp("jobs", "cancel", 1)
        outcomes = [job.outcome for job in jobs]
        assert outcomes == ["Cancelled", "Completed", "Cancelled"], outcomes
    finally:
        cost.MOST_EXECUTIONS = before


def refused(status: int) -> Callable[[Scene], None]:
    """The service refuses the submission, then takes it."""

    def play(scene: Scene) -> None:
        scene.server.faults = [Fault("POST", "/jobs", str(status), 99)]
        scene.qkdrp("evaluate", scene.run, *EVALUATE)
        told = scene.said[-1]
        scene.server.faults = []
        scene.qkdrp("evaluate", scene.run, *EVALUATE)
        scene.said.append(told)

    return play


def renamed(scene: Scene) -> None:
    """The run is renamed while its job is queued."""
    scene.hold()
    scene.submit()
    scene.run.rename(scene.folder / "renamed")
    end_all(scene.server)
    scene.qkdrp("jobs", "collect")
    scene.qkdrp("jobs", "collect", 1, "--run", scene.folder / "renamed")
    assert not scene.run.exists()


def evaluated_renamed(scene: Scene) -> None:
    """The run is renamed while its job is queued, and evaluated under its new name."""
    scene.hold()
    scene.submit()
    renamed_run = scene.run.rename(scene.folder / "renamed")
    end_all(scene.server)
    scene.qkdrp("evaluate", renamed_run, *EVALUATE)
    assert not scene.run.exists()


def copied(scene: Scene) -> None:
    """The run is copied while its job is queued, and both are evaluated."""
    scene.hold()
    scene.submit()
    shutil.copytree(scene.run, scene.folder / "copy")
    scene.qkdrp("evaluate", scene.folder / "copy", *EVALUATE, "--no-wait")
    end_all(scene.server)
    scene.qkdrp("jobs", "collect")


def elsewhere(scene: Scene) -> None:
    """Run and data are given by relative paths, and collected from another folder."""
    scene.hold()
    here = Path.cwd()
    try:
        os.chdir(scene.folder)
        scene.qkdrp("evaluate", "run", *EVALUATE, "--no-wait", "--data", "data")
        (scene.folder / "elsewhere").mkdir()
        os.chdir(scene.folder / "elsewhere")
        end_all(scene.server)
        scene.qkdrp("jobs", "collect")
    finally:
        os.chdir(here)


def locked(scene: Scene) -> None:
    """Another process holds the ledger, then lets go."""
    before, ledger.PATIENCE = ledger.PATIENCE, 0.5
    try:
        book = ledger.Ledger()
        with contextlib.closing(sqlite3.connect(book.path)) as other:
            other.execute("BEGIN EXCLUSIVE")
            scene.qkdrp("evaluate", scene.run, *EVALUATE)
            other.rollback()
        told = scene.said[-1]
        scene.qkdrp("evaluate", scene.run, *EVALUATE)
        scene.said.append(told)
    finally:
        ledger.PATIENCE = before


N_STAGES = 3
"""Stages of the evaluation whose clients are killed."""

NONE: tuple[Path, ...] = ()
RENAMED, COPY = Path("renamed") / RESULTS, Path("copy") / RESULTS

CASES = (
    Case("8 cancel 1, collect 2", attempts, 2, (Path("second"),), "collected"),
    Case("9 device retired", retired, told="collected"),
    Case("10 Cancelled - Ran too long", ended("Cancelled - Ran too long"), 1, NONE, "too long"),
    Case("10 Cancelled, code 1305", ended("Cancelled", 1305), 1, NONE, "too long"),
    Case("10 Failed - Device trouble", ended("Failed - Device trouble"), 1, NONE, "failed"),
    Case("10 On hold", unknown, told="ON HOLD"),
    Case("10 maintenance", maintenance, told="maintenance"),
    Case("11 no finite errors", infinite, told="not finite"),
    Case("12 one of three has ended", cancel_many, 3, NONE, "had ended already"),
    *(Case(f"13 {status}", refused(status), told="othing was sent") for status in (401, 403, 413)),
    Case("13 429", refused(429), told="othing was sent"),
    Case("15 renamed, collected", renamed, due=(RENAMED,), told="collected"),
    Case("15 renamed, evaluated", evaluated_renamed, due=(RENAMED,), told="evaluation folder"),
    Case("15 copied", copied, due=(Path("run") / RESULTS, COPY), told="collected"),
    Case("15 from another folder", elsewhere, told="collected"),
    Case("16 ledger locked", locked, told="ask again"),
)


def play(case: Case, server: RuntimeServer, made: Path) -> list[str]:
    """Play a case in a folder of its own and return its row."""
    server.reset()
    with tempfile.TemporaryDirectory() as name:
        scene = Scene(server, Path(shutil.copytree(made, Path(name).resolve() / "scene")))
        os.environ["XDG_DATA_HOME"] = str(scene.folder / "home")
        fault = ""
        try:
            case.play(scene)
        except Exception as error:  # noqa: BLE001  # a row says so, and the others go on
            fault = f"{type(error).__name__}: {error}; "
        written = sum((scene.folder / each / "metrics.json").exists() for each in case.due)
    said = scene.said[-1].replace(f"{scene.folder}/", "") if scene.said else ""
    twice = max(0, len(server.jobs) - case.jobs)
    lost = len(case.due) - written
    right = not (fault or twice or lost or "TRACEBACK" in " ".join(scene.said))
    right = right and case.told in said
    where = said.find(case.told) if case.told in said else 0
    start = max(0, said.rfind(" ", 0, max(0, where - 40)) + 1)
    told = fault + said[start : start + 110].replace("|", "/")
    numbers = [case.jobs, len(server.jobs), twice, len(case.due), written, lost]
    return [case.item, *map(str, numbers), "yes" if right else "NO", told]


def play_stages(server: RuntimeServer, only: str) -> bool:
    """Kill clients in each of three stages, print a row each; tell whether all went right."""
    fine = True
    with tempfile.TemporaryDirectory() as name, contextlib.closing(Clients()) as clients:
        rounds = Rounds(server, clients, Path(name), seed=0)
        for stage in range(1, N_STAGES + 1):
            for point in POINTS_OF_DEATH:
                item = f"stage {stage} of {N_STAGES}, killed {point}"
                if not item.startswith(only):
                    continue
                found = rounds.killed_in_stage(point, stage)
                fine = fine and found.clean
                numbers = [
                    N_STAGES,
                    len(server.jobs),
                    found.paid_twice,
                    1,
                    1 - found.lost,
                    found.lost,
                ]
                told = found.problem or "the same values as without a kill"
                cells = [item, *map(str, numbers), "yes" if found.clean else "NO", told]
                print(f"| {' | '.join(cells)} |", flush=True)
    return fine


def run() -> bool:
    """Play the cases that are asked for, print the table, and tell whether all went right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name begins so")
    asked = parser.parse_args()
    job_collection.UNKNOWN_SECONDS = 1.0
    heads = ("case", "jobs wanted", "sent", "paid twice", "results due", "written", "lost")
    print(f"| {' | '.join((*heads, 'as it should be', 'told'))} |")
    print(f"|{'---|' * (len(heads) + 2)}")
    fine = True
    with serving() as server, tempfile.TemporaryDirectory() as name:
        os.environ |= server.environment
        made = Path(name)
        train(prepare(small_config(make_tables().write(made / "data"))), made / "run")
        for case in CASES:
            if case.item.startswith(asked.only):
                row = play(case, server, made)
                fine = fine and row[-2] == "yes"
                print(f"| {' | '.join(row)} |", flush=True)
        server.reset()
        return play_stages(server, asked.only) and fine


if __name__ == "__main__":
    raise SystemExit(0 if run() else 1)
