"""One study of seconds that the tests of this folder share: no mechanism, no trees."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from qkdrp.experiments.pkpd.cv.config import CvConfig
from qkdrp.experiments.pkpd.cv.contenders import DOSE_TIME_MEAN, Variant
from qkdrp.experiments.pkpd.cv.plan import CvPlan
from qkdrp.experiments.pkpd.cv.pooled import Pooled, pooled_variants
from qkdrp.experiments.pkpd.cv.report import CvReport
from qkdrp.experiments.study.driver import run_study
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.runners import LocalRunner
from qkdrp.experiments.study.study_folder import open_store

QUICK = (
    Variant(DOSE_TIME_MEAN), Variant("ridge"), Variant("ridge", told=True), Variant("mlp"),
)  # fmt: skip
"""What takes no second."""


def plan_of(**changes: Any) -> CvPlan:
    settings = {"models": ("mlp",), "seeds": 2, "epochs": 2}
    return CvPlan.open(CvConfig.make(**{**settings, **changes}))


@dataclass(frozen=True)
class Finished:
    """A study that was run, and its report."""

    plan: CvPlan
    findings: Findings
    found: Mapping[Variant, Pooled]
    tables: Mapping[str, pd.DataFrame]
    path: Path


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """All 12 folds of the embedded trial; the network takes two epochs."""
    plan = plan_of()
    plan.variants = tuple(each for each in plan.variants if each in QUICK)
    path = tmp_path_factory.mktemp("cv") / "study"
    store = open_store(plan.config, plan.digests, path, path, resume=False)
    findings = run_study(plan, store, LocalRunner(1), Console(quiet=True))
    assert not findings.failed
    found = pooled_variants(plan, findings)
    return Finished(plan, findings, found, CvReport(plan).write(findings, path), path)
