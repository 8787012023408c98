"""Scoring runs on a cohort of other origin, whose samples no run has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.backends import Backend
from qkdrp.common.errors import DataError
from qkdrp.common.files import write_csv, write_json
from qkdrp.common.provenance import versions
from qkdrp.runs.ensemble import Ensemble, LoadedRun, load_ensemble, system_of
from qkdrp.runs.evaluate import Progress, silent
from qkdrp.runs.folder import METRICS, PREDICTIONS
from qkdrp.runs.new_folder import claim_folder, refuse_taken
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.reference_file import load_training_data
from qkdrp.training.new_sample_settings import NewSampleSettings, OutcomeSettings, refuse_hardware
from qkdrp.training.new_samples import Matched
from qkdrp.training.threads import limit_threads

FEWEST_SCORED = 3
"""Samples that a score is made of."""

MODEL = "model"
"""What the predictions of the runs are called beside those of baselines."""


@dataclass(frozen=True)
class ValidationRequest:
    """What is to be scored, on what.

    Args:
        runs: Run folders; several of one target are scored as an ensemble.
        source: The cohort: a folder with measured responses.
        settings: How samples are matched to models; of the runs' system.
        output: A new folder; one below ``validations/`` where left out.
        outcomes: Which column says how samples responded.
        train_data: The data that the runs were trained on, if they have moved.
        threads: Threads of torch and the backend; 0 for all cores.
        options: The backend's own options.
        seed: Of shots and the like.

    Raises:
        RunError: If the output is there already.
    """

    runs: Sequence[Path]
    source: str
    settings: NewSampleSettings
    output: Path | None = None
    outcomes: OutcomeSettings = field(default_factory=OutcomeSettings)
    train_data: str | None = None
    threads: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        """Check what can be checked without runs and samples."""
        refuse_taken(self.output)


@dataclass(frozen=True)
class Validated:
    """What was found.

    Args:
        path: The folder that it was written into.
        metrics: The content of ``metrics.json``.
        table: Predictions and outcomes of the scored samples.
        lines: What a command prints of the cohort.
        warnings: What the user should know before believing a score.
        score_names: What tables call the scores, by their keys.
    """

    path: Path
    metrics: dict[str, Any]
    table: pd.DataFrame
    lines: Sequence[str]
    warnings: Sequence[str]
    score_names: Mapping[str, str]


def validate(
    request: ValidationRequest, backend: str = "statevector", on_progress: Progress = silent
) -> Validated:
    """Score runs on an external cohort, baselines beside them, and write what was found.

    Args:
        request: What is to be scored.
        backend: Name of where circuits run.
        on_progress: Called with what is counted, how much of it is done, and how much there is.

    Raises:
        QkdrpError: If runs, cohort or backend cannot be used; nothing is written.
    """
    system_of(request.runs)
    refuse_hardware(backend)
    with (
        limit_threads(request.threads),
        open_backend(backend, request.options, request.seed) as opened,
    ):
        opened.on_progress = on_progress
        return _validate(request, opened)


def _validate(request: ValidationRequest, backend: Backend) -> Validated:
    ensemble = load_ensemble(request.runs, backend, request.train_data)
    support = ensemble.support
    outcomes = {
        target: support.outcomes(request.source, target, request.outcomes, request.settings.decimal)
        for target in ensemble.targets
    }
    dataset = ensemble.load(request.source, request.settings)
    matched = ensemble.match(dataset, request.settings)
    lines, warnings = list(matched[0].lines), list(matched[0].warnings)
    found, tables = {}, []
    for number, target in enumerate(ensemble.targets, start=1):
        scored = _Scored.of(ensemble, target, matched, outcomes[target], dataset.ids)
        values, missing = scored.values(request.train_data)
        warnings += missing
        measured = outcomes[target].loc[pd.Index(scored.ids)]
        found[target] = {
            **scored.counts,
            "scores": {name: support.score(each, measured) for name, each in values.items()},
        }
        tables.append(measured.assign(**_columns(values)).rename_axis("sample").reset_index())
        tables[-1].insert(1, "target", target)
        backend.on_progress("targets", number, len(ensemble.targets))
    metrics = {
        "system": ensemble.system.name,
        "data": dataset.provenance,
        "data_sha256": dataset.digest(),
        "settings": request.settings.model_dump(),
        "outcomes": request.outcomes.model_dump(),
        "targets": found,
        "runs": [str(each.run.path.resolve()) for each in ensemble.runs],
        "matched": [dict(each.record) for each in matched],
        "warnings": warnings,
        "backend": backend.name,
        "usage": asdict(backend.usage),
        "versions": versions(ensemble.system.packages),
    }
    table = pd.concat(tables, ignore_index=True)
    path = claim_folder(request.output, Path("validations") / Path(request.source).resolve().name)
    write_csv(path / PREDICTIONS, table)
    write_json(path / METRICS, metrics)
    return Validated(path, metrics, table, lines, warnings, support.score_names)


def _columns(values: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return predictions as columns, with a number for each where a model has several outputs."""
    return {
        name if each.ndim == 1 else f"{name}_{place}": column
        for name, each in values.items()
        for place, column in enumerate(np.atleast_2d(each.T), start=1)
    }


@dataclass(frozen=True, eq=False)
class _Scored:
    """The samples of one target that can be scored.

    Args:
        ensemble: All runs.
        target: What is predicted.
        members: Numbers of the runs of the target.
        matched: Samples as each run of them reads them, scored ones only.
        ids: Of the scored samples.
        counts: How many there are, and how many were left out and why.
    """

    ensemble: Ensemble
    target: str
    members: Sequence[int]
    matched: Sequence[Matched[Any]]
    ids: NDArray[np.str_]
    counts: Mapping[str, int]

    @classmethod
    def of(
        cls,
        ensemble: Ensemble,
        target: str,
        matched: Sequence[Matched[Any]],
        outcomes: pd.DataFrame,
        ids: NDArray[np.str_],
    ) -> "_Scored":
        """Leave out samples without an outcome, and those that a run was trained on.

        Raises:
            DataError: If too few are left.
        """
        members = [n for n, each in enumerate(ensemble.runs) if each.target == target]
        splits = [ensemble.runs[number].run.split for number in members]
        seen = np.unique(np.concatenate([np.r_[each.train, each.validation] for each in splits]))
        with_outcome = ids[np.isin(ids, outcomes.index.to_numpy(dtype=np.str_))]
        scored = with_outcome[~np.isin(with_outcome, seen)]
        if len(scored) < FEWEST_SCORED:
            raise DataError(
                f"{target}: found {len(with_outcome)} samples with expression and a response, "
                f"{len(with_outcome) - len(scored)} of them in the training, expected at least "
                f"{FEWEST_SCORED} others; the expression has {str(ids[0])!r}, the response "
                f"{str(outcomes.index[0])!r}."
            )
        chosen = [
            Matched(matched[number].dataset.select(scored), record=matched[number].record)
            for number in members
        ]
        counts = {
            "n_expression": len(ids),
            "n_scored": len(scored),
            "n_seen_in_training": len(with_outcome) - len(scored),
        }
        return cls(ensemble, target, members, chosen, scored, counts)

    def values(self, train_data: str | None) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
        """Return predictions of runs and baselines, means over the runs, and what is missing."""
        members = zip(self.members, self.matched, strict=True)
        found = {MODEL: np.mean([self.ensemble.values(n, each) for n, each in members], axis=0)}
        baselines: dict[str, list[NDArray[np.float64]]] = {}
        try:
            for number, each in zip(self.members, self.matched, strict=True):
                run = self.ensemble.runs[number]
                for name, values in _baselines(run, each, train_data).items():
                    compared = self.ensemble.support.comparable(run.run, each.dataset, values)
                    baselines.setdefault(name, []).append(compared)
        except DataError as error:
            if train_data is not None:
                raise
            return found, [f"{self.target}: no baselines: {error} Give --train-data."]
        found |= {name: np.mean(values, axis=0) for name, values in baselines.items()}
        return found, []


def _baselines(
    loaded: LoadedRun, matched: Matched[Any], train_data: str | None
) -> dict[str, NDArray[np.float64]]:
    """Fit the system's baselines on the training rows of a run and predict with them."""
    run = loaded.run
    dataset = load_training_data(run, run.system, train_data, loaded.metrics.get("data_sha256"))
    train = dataset.select(run.split.train)
    return {
        name: fit(run.preprocessor, train, np.float64).predict(matched.dataset)
        for name, fit in run.system.baselines.items()
    }
