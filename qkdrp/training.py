"""Training one model on one cohort, from data to run folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from inspect import signature
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from qkdrp.backends import Backend
from qkdrp.backends.registry import find_backend
from qkdrp.baselines import BASELINES
from qkdrp.common.digests import digest_of_file
from qkdrp.common.errors import ConfigError, QkdrpError
from qkdrp.common.files import write_csv, write_json
from qkdrp.config import DataConfig, TrainConfig
from qkdrp.data import Cohort, Preprocessor, Split, load_cohort, make_split
from qkdrp.fit import Epoch
from qkdrp.metrics import Scores, score
from qkdrp.model import pqc_of, recipe_of
from qkdrp.predictions import predict_parts, score_part
from qkdrp.run import (
    CIRCUIT,
    CONFIG,
    FIGURES,
    HISTORY,
    METRICS,
    MODEL,
    PREDICTIONS,
    SPLIT,
    Run,
    claim_folder,
    default_folder,
    regressor_of,
    start_run,
)
from qkdrp.seeds import derive_seed
from qkdrp.store import StoredModel
from qkdrp.threads import limit_threads


@dataclass(frozen=True, eq=False)
class Prepared:
    """A training that can begin: all is loaded, checked and fitted but the model.

    Args:
        config: The settings.
        cohort: All samples.
        split: Which of them are for what.
        preprocessor: Fitted on the training rows.
        noise: What the backend reports of itself; nothing where values are exact.
    """

    config: TrainConfig
    cohort: Cohort
    split: Split
    preprocessor: Preprocessor
    noise: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, part: NDArray[np.str_]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
        """Return genes, labels and responder flags of a part of the split."""
        cohort = self.cohort.select(part)
        return self.preprocessor.genes(cohort), self.preprocessor.label(cohort), cohort.responder


def load_data(config: DataConfig) -> Cohort:
    """Load the cohort that a configuration names."""
    options = {"partner": config.partner} if config.partner else {}
    return load_cohort(config.source, config.drug, **options)


def wants_zscore(config: DataConfig, cohort: Cohort) -> bool:
    """Tell whether genes are to be standardised: as asked for, or unless they come so."""
    return not cohort.standardised if config.zscore is None else config.zscore


def open_backend(name: str, options: Mapping[str, Any], seed: int) -> Backend:
    """Return a new backend; one that draws random numbers gets a seed of its own.

    Args:
        name: Of the backend.
        options: The backend's own.
        seed: From which its seed is derived, unless its options have one.

    Raises:
        BackendError: If name or options cannot be meant.
    """
    cls = find_backend(name, options)
    if "seed" in signature(cls).parameters:
        options = {"seed": derive_seed(seed, "backend"), **options}
    return cls(**options)


def prepare(
    config: TrainConfig, cohort: Cohort | None = None, split: Split | None = None
) -> Prepared:
    """Load, check, split and preprocess; writes nothing.

    Args:
        config: The settings.
        cohort: The samples, where they are loaded already.
        split: A split of theirs; made from the seed where left out.

    Raises:
        QkdrpError: If settings or data cannot be meant.
    """
    recipe = recipe_of(config.model)
    with open_backend(config.backend, config.backend_options, config.seed) as backend:
        if recipe.quantum:
            backend.check(pqc_of(config.model))
            backend.check_training()
        elif backend.circuits_only:
            raise ConfigError(
                f"model {config.model.model!r} has no circuit: there is nothing to run on "
                f"{config.backend}; use --backend statevector."
            )
        noise = {} if backend.paid else backend.report()
    cohort = cohort or load_data(config.data)
    split = split or make_split(
        cohort, derive_seed(config.seed, "split"), config.data.stratify_test
    )
    preprocessor = Preprocessor.fit(
        cohort.select(split.train),
        wants_zscore(config.data, cohort),
        config.data.variance_threshold,
    )
    return Prepared(config, cohort, split, preprocessor, noise)


def train(
    prepared: Prepared,
    output: Path | None = None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    on_progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
) -> tuple[Run, dict[str, Any]]:
    """Train a model and write its run folder.

    Ctrl-C ends training early; the folder then holds what is done so far and says interrupted.

    Args:
        prepared: What to train.
        output: A new folder; a time-stamped one below ``runs/`` where left out.
        on_epoch: Called after every epoch.
        on_progress: Called by slow backends with what is counted, how much of it is done, and
            how much there is.

    Returns:
        The run, and the content of its ``metrics.json``.

    Raises:
        RunError: If the folder holds something already.
        ConfigError: If training diverges; the folder is emptied again.
    """
    from qkdrp.figures import draw_figures  # matplotlib is slow to import

    config, cohort, split = prepared.config, prepared.cohort, prepared.split
    start = perf_counter()
    with (
        limit_threads(config.threads),
        open_backend(config.backend, config.backend_options, config.seed) as backend,
    ):
        backend.on_progress = on_progress
        path = claim_folder(output, default_folder(config, cohort.drug))
        start_run(path, config, split)
        epochs: list[Epoch] = []

        def record(epoch: Epoch) -> None:
            epochs.append(epoch)
            write_csv(path / HISTORY, history_frame(epochs))
            on_epoch(epoch)

        genes, label, _ = prepared.rows(split.train)
        regressor = regressor_of(config, backend)
        try:
            regressor.fit(
                genes,
                label,
                validation=prepared.rows(split.validation),
                on_epoch=record,
                keep_interrupted=True,
            )
        except QkdrpError:
            for name in (CONFIG, SPLIT, CIRCUIT, HISTORY):
                (path / name).unlink(missing_ok=True)
            path.rmdir()
            raise
        run = Run(path, config, split, prepared.preprocessor, regressor)
        StoredModel(regressor.model_.state_dict(), prepared.preprocessor).save(path / MODEL)
        backend.save(path)
        # Once more: Ctrl-C may have come while the last epoch was being written.
        history = history_frame(regressor.fit_.epochs)
        write_csv(path / HISTORY, history)

        predictions = predict_parts(run, cohort)
        write_csv(path / PREDICTIONS, predictions)
        draw_figures(path / FIGURES, run, cohort, history, predictions)
        metrics = summarise(run, prepared, predictions)
        if report := backend.report():
            metrics[backend.kind_of_report] = report
        metrics |= {"seconds": perf_counter() - start}
        write_json(path / METRICS, metrics)
    return run, metrics


def _still_falling(epochs: Sequence[Epoch]) -> bool:
    """Tell whether training stopped while the validation loss was at its lowest."""
    losses = [epoch.validation_loss for epoch in epochs if epoch.validation_loss is not None]
    return len(losses) > 1 and losses[-1] == min(losses)


def history_frame(history: Sequence[Epoch]) -> pd.DataFrame:
    """Return one row per epoch."""
    names = [field.name for field in fields(Epoch)]
    return pd.DataFrame([asdict(epoch) for epoch in history], columns=names)


def score_baselines(prepared: Prepared) -> dict[str, Scores]:
    """Fit each baseline on the training rows and score it on the test rows."""
    genes, label, _ = prepared.rows(prepared.split.train)
    test_genes, test_label, responder = prepared.rows(prepared.split.test)
    return {
        name: score(
            test_label,
            responder,
            clone(baseline).fit(genes.astype(float), label).predict(test_genes.astype(float)),
        )
        for name, baseline in BASELINES.items()
    }


def summarise(run: Run, prepared: Prepared, predictions: pd.DataFrame) -> dict[str, Any]:
    """Return the content of ``metrics.json``, time aside."""
    fit, cohort = run.regressor.fit_, prepared.cohort
    sizes = {name: len(ids) for name, ids in run.split.parts().items()}
    return {
        "status": "interrupted" if fit.interrupted else "finished",
        "drug": cohort.drug,
        "model": run.config.model.model,
        "backend": run.config.backend,
        "synthetic": cohort.synthetic,
        "data": cohort.provenance,
        "data_sha256": cohort.digest(),
        "model_sha256": digest_of_file(run.path / MODEL),
        "n_samples": len(cohort),
        "n_responder": int(cohort.responder.sum()),
        "n_genes": len(run.preprocessor.transform.genes),
        "n_parameters": sum(
            weights.numel()
            for weights in run.regressor.model_.parameters()
            if weights.requires_grad
        ),
        "n_train": sizes["train"],
        "n_val": sizes["validation"],
        "n_test": sizes["test"],
        "epochs": len(fit.epochs),
        "best_epoch": fit.best_epoch,
        "loss_still_falling": _still_falling(fit.epochs),
        "validation": score_part(predictions, "validation").model_dump(),
        "test": score_part(predictions, "test").model_dump(),
        "baselines": {
            name: scores.model_dump() for name, scores in score_baselines(prepared).items()
        },
    }
