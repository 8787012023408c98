"""One study of seconds that the tests of this folder share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from qkdrp.experiments.pairs.config import PairStudyConfig
from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.report import PairReport
from qkdrp.experiments.study.driver import run_study
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.runners import LocalRunner
from qkdrp.experiments.study.study_folder import open_store

SECONDS: Mapping[str, Any] = {
    "sizes": (40,),
    "test_size": 60,
    "models": ("linear", "classical-affine"),
    "seeds": 3,
    "grouped_seeds": 3,
    "epochs": 2,
}
"""Settings of a study of seconds: networks without circuits."""


def config_of(study: str, **changes: Any) -> PairStudyConfig:
    return PairStudyConfig.make(study=study, **{**SECONDS, **changes})


@dataclass(frozen=True)
class Finished:
    """A study that was run, and its report."""

    plan: PairPlan
    findings: Findings
    tables: Mapping[str, pd.DataFrame]
    path: Path


def finish(config: PairStudyConfig, path: Path) -> Finished:
    """Run a study in this process, without the baselines that take long."""
    plan = PairPlan.open(config)
    plan.setups = tuple(s for s in plan.setups if s.model not in {"forest", "feature_ridge"})
    store = open_store(config, plan.digests, path, path, resume=False)
    findings = run_study(plan, store, LocalRunner(1), Console(quiet=True))
    assert not findings.failed
    return Finished(plan, findings, PairReport(plan).write(findings, path), path)


@pytest.fixture(scope="session")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The study of sizes: the hybrid of the paper and two others at two sizes."""
    config = config_of(
        "pairs-size", models=("hybrid", "classical-affine"), sizes=(30, 60), min_steps=4
    )
    return finish(config, tmp_path_factory.mktemp("sizes") / "study")
