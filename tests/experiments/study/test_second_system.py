"""A system that nothing knows runs in a study, in worker processes and on a cluster."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from rich.console import Console

from qkdrp.common.settings import Settings
from qkdrp.experiments.study.driver import run_study
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase, Plan
from qkdrp.experiments.study.runners import LocalRunner, open_runner
from qkdrp.experiments.study.study_folder import open_store
from qkdrp.experiments.study.system_task import SystemResult, SystemTask
from qkdrp.systems.registry import find_system
from tests.toy_system.installed import install
from tests.toy_system.system import ToyConfig

SEEDS = (0, 1)


class SeedsConfig(Settings):
    """Settings of the study."""

    seeds: tuple[int, ...] = SEEDS


class SeedsPlan(Plan):
    """The model and the mean, for several seeds."""

    def __init__(self) -> None:
        self.config = SeedsConfig()
        self.digest = find_system("toy").load(ToyConfig().data).digest()

    @property
    def name(self) -> str:
        return "seeds"

    @property
    def digests(self) -> Mapping[str, str]:
        return {"toy": self.digest}

    def tasks(self) -> list[SystemTask]:
        fit = {"epochs": 3, "batch_size": 8, "lr": 0.05}
        return [
            SystemTask.of(
                ToyConfig.make(seed=seed, fit=fit, backend="statevector"), self.digest, baseline
            )
            for seed in SEEDS
            for baseline in (None, "mean")
        ]

    def phases(self, findings: Findings) -> Iterator[Phase]:
        yield Phase("seeds", self.tasks())


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", monkeypatch)


def scores(findings: Findings, plan: SeedsPlan) -> list[float]:
    assert not findings.failed, findings.failed[0].error
    found = []
    for task in plan.tasks():
        result = findings.of(task)
        assert isinstance(result, SystemResult)
        assert result.scores is not None
        found.append(result.scores["mse"])
    return found


@pytest.mark.parametrize(("workers", "scheduler"), [(2, None), (0, "local:2")])
def test_two_workers_find_the_system(
    workers: int, scheduler: str | None, toy: None, tmp_path: Path
) -> None:
    if scheduler is not None:
        pytest.importorskip("distributed")
    plan, quiet = SeedsPlan(), Console(quiet=True)
    expected = [task.run().scores["mse"] for task in plan.tasks()]
    folder = tmp_path / "study"
    store = open_store(plan.config, plan.digests, folder, folder, False)
    with open_runner(workers, scheduler) as runner:
        assert runner.n_workers == 2
        assert scores(run_study(plan, store, runner, quiet), plan) == pytest.approx(expected)
    again = open_store(plan.config, plan.digests, folder, folder, True)
    with LocalRunner(1) as runner:
        resumed = run_study(plan, again, runner, quiet)
    assert resumed.wall_seconds == 0
    assert scores(resumed, plan) == pytest.approx(expected)


def test_keys_hold_what_decides_numbers(toy: None) -> None:
    def key(**settings: object) -> str:
        return SystemTask.of(ToyConfig.make(**settings), "digest").key

    assert key(threads=2) == key()
    assert key(data={"source": "elsewhere"}) == key()
    assert key(seed=1) != key()
    assert key(model={"n_blocks": 3}) != key()
    assert SystemTask.of(ToyConfig(), "digest", "mean").key != key()
