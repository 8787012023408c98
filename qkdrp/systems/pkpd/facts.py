"""What is said of a training: first lines of a command, ``metrics.json``, titles."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial
from qkdrp.systems.pkpd.find_model import find_model
from qkdrp.systems.pkpd.models import SPLITS
from qkdrp.systems.pkpd.preprocess import PD0, Preprocessor
from qkdrp.training.split import Split
from qkdrp.training.system import Facts

FEWEST_TESTED = 6
"""Test subjects below which scores say little."""


def facts_of(config: PkpdConfig, trial: Trial, split: Split, preprocessor: Preprocessor) -> Facts:
    """Return what is said of the training of a model on a trial."""
    data, kind = config.data, find_model(config.model.model)
    name = f"fold-{data.fold}" if data.split == "fold" else data.split
    counts = [trial.n_observations(each) for each in (CONCENTRATION, BIOMARKER)]
    scales = preprocessor.scales
    known = f"; told {PD0}" if preprocessor.baseline else ""
    return Facts(
        names={"model": config.model.model, **kind.names(config), "split": name},
        counts={"n_pk": counts[0], "n_pd": counts[1]},
        introduction=(
            f"data     {trial.provenance}",
            f"trial    {len(trial)} subjects, {_doses(trial)}; {counts[0]} concentrations, "
            f"{counts[1]} biomarker values; covariates {', '.join(trial.covariates) or 'none'}",
            f"split    {_split_line(config)}; {_ids(split)}",
            f"scores   errors of the test subjects, divided by {scales[CONCENTRATION]:.4g} "
            f"{trial.units.concentration} (PK) and {scales[BIOMARKER]:.4g} "
            f"{trial.units.biomarker} (PD) where scaled",
            f"model    {kind.describe(config)}{known}, seed {config.seed}",
        ),
        doubts=(*trial.notes, *_few_tested(split)),
    )


def _doses(trial: Trial) -> str:
    """Return the number of subjects of each dose level."""
    levels, counts = np.unique(trial.dose_levels(), return_counts=True)
    return ", ".join(
        f"{count} placebo" if level == 0 else f"{count} on {level:g} {trial.units.amount}"
        for level, count in zip(levels, counts, strict=True)
    )


def _split_line(config: PkpdConfig) -> str:
    if config.final is not None:
        return "all subjects train"
    named = {"fold": f"fold {config.data.fold}: subject number {config.data.fold + 1} of each dose"}
    return named.get(config.data.split, SPLITS[config.data.split])


def _ids(split: Split) -> str:
    """Return the ids of test and validation, and the number of training subjects."""
    parts = [f"{len(split.train)} train"]
    for name in ("validation", "test"):
        ids = split.parts()[name].tolist()
        shown = " ".join(ids[:8]) + (" ..." if len(ids) > 8 else "")
        parts.append(f"{name} {shown}" if ids else f"no {name}")
    return ", ".join(parts)


def _few_tested(split: Split) -> list[str]:
    n_test = len(split.test)
    if not 0 < n_test < FEWEST_TESTED:
        return []
    return [
        f"{n_test} test subjects decide nothing: one and the same model scores 0.25 to 0.78 (PD) "
        "on different ones of estdata; compare models over all folds"
    ]


def score_title(metrics: Mapping[str, Any]) -> str:
    """Return the title of the score table of a run, given its ``metrics.json``."""
    mark = ", SYNTHETIC DATA" if metrics["synthetic"] else ""
    test = metrics["test"] or metrics.get("cross_validation")
    if not test:
        return f"{metrics['split']}{mark}"
    return (
        f"{metrics['split']}, {test['n_subjects']} test subjects with {test['n_pk']} "
        f"concentrations and {test['n_pd']} biomarker values{mark}"
    )
