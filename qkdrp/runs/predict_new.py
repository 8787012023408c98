"""Predicting samples that no run has seen, on any backend, and writing what was found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from qkdrp.backends import Backend
from qkdrp.backends.protocols import PaidBackend
from qkdrp.common.errors import JobsPendingError, RunError
from qkdrp.common.files import write_csv, write_files, write_json
from qkdrp.common.provenance import versions
from qkdrp.runs.cost_preview import Preview, preview_circuits
from qkdrp.runs.destinations import Destination, Purpose
from qkdrp.runs.ensemble import Ensemble, load_ensemble, system_of
from qkdrp.runs.evaluate import NOT_ASKED_AGAIN, Progress, silent
from qkdrp.runs.folder import METRICS, read_config
from qkdrp.runs.new_folder import claim_folder
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.paid_evaluation import PaidEvaluation
from qkdrp.runs.planned_layers import planned_layers
from qkdrp.runs.reference_file import read_reference
from qkdrp.runs.run_path import system_name
from qkdrp.systems.sample_settings import sample_settings_of
from qkdrp.training.forecast import new_samples_of
from qkdrp.training.new_sample_settings import NewSampleSettings
from qkdrp.training.new_samples import AnyNewSamples, Matched, Member
from qkdrp.training.run_config import SYNTHETIC
from qkdrp.training.threads import limit_threads

if TYPE_CHECKING:
    from qkdrp.backends.runtime.cost import RuntimeCost

VERB = "predict"
"""What requests for values in the ledger are of."""

Predictions = tuple[pd.DataFrame, dict[str, Any]]
"""A table, and what is kept beside it as JSON."""


@dataclass(frozen=True)
class PredictionRequest:
    """What is to be predicted.

    Args:
        runs: Run folders: several of one target are an ensemble, of several targets a ranking.
        source: The samples: a folder or a file; None where the settings name what is needed.
        output: The table; page and record get its name with other endings.
        settings: What is given of samples, and how they are matched; of the runs' system.
        train_data: The data that the runs were trained on, if they have moved.
        threads: Threads of torch and the backend; 0 for all cores.
        options: The backend's own options.
        seed: Of shots and the like.

    Raises:
        RunError: If one of the files is there already, or the table would not be CSV.
    """

    runs: Sequence[Path]
    source: str | None
    output: Path
    settings: NewSampleSettings
    train_data: str | None = None
    threads: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        """Check what can be checked without runs and samples."""
        if self.output.suffix != ".csv":
            raise RunError(f"{self.output}: expected a file name that ends in .csv.")
        for path in (self.output, self.page, self.record):
            if path.exists():
                raise RunError(f"{path}: already there; give --output another name.")

    @property
    def page(self) -> Path:
        """The page with the picture."""
        return self.output.with_suffix(".html")

    @property
    def record(self) -> Path:
        """What was found on the way, as JSON."""
        return self.output.with_suffix(".json")

    @property
    def files(self) -> Path:
        """Folder for what results depend on, such as jobs."""
        return self.output.with_name(f"{self.output.stem}-files")

    def to_json(self) -> dict[str, Any]:
        """Return what the ledger keeps, so that results can be completed later."""
        return {
            "verb": VERB,
            "runs": [str(path.resolve()) for path in self.runs],
            "source": self.source and _whole(self.source),
            "output": str(self.output.resolve()),
            "settings": self.settings.everywhere().model_dump(),
            "train_data": self.train_data and _whole(self.train_data),
            "threads": self.threads,
            "options": {k: v for k, v in self.options.items() if k not in NOT_ASKED_AGAIN},
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "PredictionRequest":
        """Return the request that :meth:`to_json` gave."""
        runs = [Path(path) for path in content["runs"]]
        return cls(
            runs=runs,
            source=content["source"],
            output=Path(content["output"]),
            settings=sample_settings_of(system_name(runs[0])).make(**content["settings"]),
            train_data=content["train_data"],
            threads=content["threads"],
            options=content["options"],
            seed=content["seed"],
        )

    def purpose(self, ensemble: Ensemble, number: int, matched: Matched[Any]) -> Purpose:
        """Return what values of one of the runs are paid for."""
        each = ensemble.runs[number]
        content = f"{VERB} {each.metrics.get('model_sha256')} {matched.dataset.digest()}"
        folder = self.files if len(ensemble.runs) == 1 else self.files / str(number + 1)
        return Purpose(
            run=each.run.path.resolve(),
            identity=sha256(content.encode()).hexdigest(),
            request=self.to_json(),
            output=folder.resolve(),
            claim=partial(_claim, folder.resolve()),
        )


@dataclass(frozen=True)
class Predicted:
    """What was written.

    Args:
        request: What was asked for.
        table: Predictions in the user's units.
        record: What was found on the way.
        lines: What a command prints.
        warnings: What the user should know before believing a prediction.
        support: How the system of the runs predicts.
    """

    request: PredictionRequest
    table: pd.DataFrame
    record: dict[str, Any]
    lines: Sequence[str]
    warnings: Sequence[str]
    support: AnyNewSamples


def predict_new(
    request: PredictionRequest,
    backend: str,
    on_progress: Progress = silent,
    on_cost: "Callable[[RuntimeCost], None]" = lambda _cost: None,
) -> Predicted:
    """Predict samples on a backend and write table and record.

    Args:
        request: What is to be predicted.
        backend: Name of where circuits run.
        on_progress: Called with what is counted, how much of it is done, and how much there is.
        on_cost: Called with what is about to be spent on hardware.

    Raises:
        QkdrpError: If runs, samples or backend cannot be used; nothing is written.
        JobsPendingError: If values come from jobs that have not ended, and nobody waits.
    """
    system_of(request.runs)
    opened = open_backend(backend, request.options, request.seed)
    if isinstance(opened, PaidBackend):
        opened.on_cost = on_cost
    return carry_out(request, opened, on_progress)


def carry_out(
    request: PredictionRequest,
    backend: Backend,
    on_progress: Progress,
    destination: Destination | None = None,
) -> Predicted:
    """Predict on an open backend, which is closed at the end: load, match, compute, write.

    Args:
        request: What is to be predicted.
        backend: Where circuits run.
        on_progress: Called with what is counted, how much of it is done, and how much there is.
        destination: Where jobs of paid results go; found in the ledger where left out.

    Raises:
        QkdrpError: As :func:`predict_new` does.
    """
    with limit_threads(request.threads), backend:
        backend.on_progress = on_progress
        ensemble = load_ensemble(request.runs, backend, request.train_data)
        dataset = ensemble.load(request.source, request.settings)
        matched = ensemble.match(dataset, request.settings)
        members, paid = _members(request, ensemble, matched, backend, destination)
        table = ensemble.support.table(dataset.ids, ensemble.by_target(members), request.settings)
        record = _record(request, ensemble, matched, dataset, backend)
        write_csv(request.output, table)
        write_json(request.record, record)
        for each in paid:
            write_json(each.folder() / METRICS, record)
            each.finish()
        lines, warnings = _words(ensemble, matched, table, request.settings)
        if backend.report():
            warnings.append(
                f"bounds are made of residuals as of training: noise and shots of {backend.name} "
                "are in the predictions only"
            )
    return Predicted(request, table, record, lines, warnings, ensemble.support)


def preview(request: PredictionRequest, backend: str) -> Preview | None:
    """Return what predictions would cost, over all runs; None where no model has a circuit.

    Raises:
        QkdrpError: If runs, samples or backend cannot be used.
    """
    with open_backend(backend, request.options, request.seed) as opened:
        system = system_of(request.runs)
        configs = [read_config(path) for path in request.runs]
        support, reference = new_samples_of(system), read_reference(request.runs[0], system)
        data = support.load(request.source, configs[0].data, request.settings, reference)
        circuits = [each for config in configs for each in system.circuits(config).items()]
        return preview_circuits(circuits, len(data), opened) if circuits else None


def _members(
    request: PredictionRequest,
    ensemble: Ensemble,
    matched: Sequence[Matched[Any]],
    backend: Backend,
    destination: Destination | None,
) -> tuple[list[Member], list[PaidEvaluation]]:
    """Return what each run says, and what was paid for it.

    Jobs of all runs are sent before any that have not ended are told of.
    """
    members, paid, pending = list[Member](), list[PaidEvaluation](), list[JobsPendingError]()
    for number, each in enumerate(matched):
        evaluation = _paid(request, ensemble, number, each, backend, destination)
        try:
            if isinstance(backend, PaidBackend):
                backend.gather(partial(ensemble.member, number, each))
            members.append(ensemble.member(number, each))
        except JobsPendingError as error:
            pending.append(error)
            continue
        if files := backend.files():
            folder = evaluation.folder() if evaluation else _folder(request, ensemble, number)
            write_files(folder, files)
        paid += [evaluation] if evaluation else []
        backend.on_progress("runs", number + 1, len(matched))
    if len(matched) > 1 and pending:
        raise JobsPendingError(
            f"{' '.join(map(str, pending))} Give the same command again once all have ended: it "
            "takes their values and pays for nothing."
        )
    if pending:
        raise pending[0]
    return members, paid


def _paid(
    request: PredictionRequest,
    ensemble: Ensemble,
    number: int,
    matched: Matched[Any],
    backend: Backend,
    destination: Destination | None,
) -> PaidEvaluation | None:
    """Say what the values of one run are asked for; None where nothing is paid."""
    if not isinstance(backend, PaidBackend):
        return None
    layers = planned_layers(
        ensemble.system.circuits(ensemble.runs[number].run.config), len(matched.dataset)
    )
    return PaidEvaluation(backend, request.purpose(ensemble, number, matched), destination, layers)


def _folder(request: PredictionRequest, ensemble: Ensemble, number: int) -> Path:
    """Make the folder for what the values of one run depend on."""
    folder = request.files if len(ensemble.runs) == 1 else request.files / str(number + 1)
    return claim_folder(folder, folder)


def _claim(folder: Path) -> Path:
    """Make the folder for jobs; one that a command before made for the same jobs is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _record(
    request: PredictionRequest,
    ensemble: Ensemble,
    matched: Sequence[Matched[Any]],
    dataset: Any,  # noqa: ANN401  # the system's own
    backend: Backend,
) -> dict[str, Any]:
    """Return what is kept beside the table."""
    record = {
        "verb": VERB,
        "system": ensemble.system.name,
        "output": str(request.output.resolve()),
        "data": dataset.provenance,
        "data_sha256": dataset.digest(),
        "synthetic": dataset.synthetic,
        "n_samples": len(dataset),
        "coverage": request.settings.coverage,
        "settings": request.settings.model_dump(),
        "targets": ensemble.targets,
        "runs": [
            {
                "run": str(each.run.path.resolve()),
                "target": each.target,
                "model": each.run.config.model.model,
                "model_sha256": each.metrics.get("model_sha256"),
                "synthetic": each.metrics.get("synthetic"),
            }
            for each in ensemble.runs
        ],
        "matched": {
            str(each.run.path.resolve()): dict(found.record)
            for each, found in zip(ensemble.runs, matched, strict=True)
        },
        "warnings": _labelled(ensemble, [each.warnings for each in matched]),
        "backend": backend.name,
        "usage": asdict(backend.usage),
        "versions": versions(ensemble.system.packages),
    }
    if report := backend.report():
        record[backend.kind_of_report] = report | {"seed": request.seed}
    return record


def _words(
    ensemble: Ensemble,
    matched: Sequence[Matched[Any]],
    table: pd.DataFrame,
    settings: NewSampleSettings,
) -> tuple[list[str], list[str]]:
    """Return what a command prints, and of what it warns."""
    lines = _labelled(ensemble, [each.lines for each in matched])
    warnings = _labelled(ensemble, [each.warnings for each in matched])
    return [*lines, *ensemble.support.summary(table, settings)], warnings


def _labelled(ensemble: Ensemble, texts: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of all runs; what all say alike is said once, the rest with the run's name."""
    if len(texts) == 1:
        return list(texts[0])
    alike = [line for line in texts[0] if all(line in each for each in texts)]
    return alike + [
        f"{run.name}: {line}"
        for run, each in zip(ensemble.runs, texts, strict=True)
        for line in each
        if line not in alike
    ]


def _whole(source: str) -> str:
    """Return a source in a way that holds in every working folder."""
    return source if source == SYNTHETIC else str(Path(source).resolve())
