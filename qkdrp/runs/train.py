"""Training one model on one cohort, from data to run folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from inspect import signature
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from qkdrp.backends import Backend
from qkdrp.backends.protocols import PaidBackend
from qkdrp.backends.registry import find_backend
from qkdrp.common.digests import digest_of_file
from qkdrp.common.errors import ConfigError
from qkdrp.common.files import write_csv, write_json
from qkdrp.common.seeds import derive_seed
from qkdrp.common.stop_signals import held_back, let_through
from qkdrp.runs.folder import (
    FIGURES,
    FILES,
    HISTORY,
    METRICS,
    MODEL,
    Run,
    default_folder,
    regressor_of,
    start_run,
)
from qkdrp.runs.kept_rows import ROWS
from qkdrp.runs.new_folder import NewFolder
from qkdrp.runs.predict import score_part
from qkdrp.runs.saving import RunWriter
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.config import DataConfig, TrainConfig
from qkdrp.systems.response.data import Cohort, load_cohort
from qkdrp.systems.response.data.letters import refuse_swapped_letters
from qkdrp.systems.response.data.load import SYNTHETIC
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.systems.response.recipes import pqc_of, recipe_of
from qkdrp.systems.response.regressor import HybridRegressor
from qkdrp.systems.response.scores import Scores, score
from qkdrp.systems.response.split import Split, make_split
from qkdrp.training.loop import Epoch
from qkdrp.training.threads import limit_threads


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
    """Load the cohort that a configuration names.

    Raises:
        DataError: If it cannot be read, or labels and values contradict each other.
    """
    given = {"partner": config.partner, "decimal": config.decimal}
    options = {name: value for name, value in given.items() if value}
    cohort = load_cohort(config.source, config.drug, **options)
    refuse_swapped_letters(cohort)
    return cohort


def wants_zscore(config: DataConfig, cohort: Cohort) -> bool:
    """Tell whether genes are to be standardised: as asked for, or unless they come so."""
    return not cohort.standardised if config.zscore is None else config.zscore


def _with_whole_path(config: DataConfig) -> DataConfig:
    """Return where data come from in a way that holds in every working folder."""
    if config.source == SYNTHETIC:
        return config
    return config.model_copy(update={"source": str(Path(config.source).absolute())})


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
        noise = {} if isinstance(backend, PaidBackend) else backend.report()
    cohort = cohort or load_data(config.data)
    config = config.model_copy(update={"data": _with_whole_path(config.data)})
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
    on_note: Callable[[str], None] = lambda _: None,
) -> tuple[Run, dict[str, Any]]:
    """Train a model and write its run folder.

    Ctrl-C, SIGTERM and SIGHUP end training early: the folder then holds the best epoch so far and
    says interrupted. Signals that come while it is being written are raised after it is.

    Args:
        prepared: What to train.
        output: A new folder; a time-stamped one below ``runs/`` where left out.
        on_epoch: Called after every epoch.
        on_progress: Called by slow backends with what is counted, how much of it is done, and
            how much there is.
        on_note: Called with what the user should know, such as that a disk is full.

    Returns:
        The run, and the content of its ``metrics.json``. The run is in another folder than was
        asked for where that one could not be written to.

    Raises:
        RunError: If the folder holds something already, or nothing can be written anywhere.
        ConfigError: If training diverges; nothing is left in the folder.
        KeyboardInterrupt: If a signal comes before the first epoch ends; nothing is left either.
    """
    config, cohort, split = prepared.config, prepared.cohort, prepared.split
    start = perf_counter()
    with (
        held_back() as hold,
        limit_threads(config.threads),
        _open_for_training(config) as backend,
    ):
        backend.on_progress = on_progress
        folder = NewFolder.claim(output, default_folder(config, cohort.drug))
        try:
            start_run(folder.path, config, split)
            regressor = _fit(prepared, backend, folder.path / HISTORY, on_epoch, on_note)
        except BaseException:
            folder.give_back(FILES)
            raise
        run = Run(folder.path, config, split, prepared.preprocessor, regressor)
        # Not what was written last: Ctrl-C may have come meanwhile.
        history = history_frame(regressor.fit_.epochs)
        with held_back("saving the run; one moment."):
            writer = RunWriter(run, cohort, history, backend, hold, on_note)
            metrics: dict[str, Any] = {}

            def finish(path: Path) -> None:
                metrics.update(summarise(replace(run, path=path), prepared, writer.predictions))
                metrics["predicted_on"] = writer.predicted_on
                if report := backend.report():
                    metrics[backend.kind_of_report] = report
                metrics["seconds"] = perf_counter() - start
                write_json(path / METRICS, metrics)

            path = writer.save(finish)
        if path != folder.path:
            folder.give_back(FILES)
        run = replace(run, path=path)
        _draw(run, writer, hold, on_note)
    return run, metrics


def _open_for_training(config: TrainConfig) -> Backend:
    with let_through():  # a device far away may keep one waiting
        return open_backend(config.backend, config.backend_options, config.seed)


def _fit(
    prepared: Prepared,
    backend: Backend,
    history: Path,
    on_epoch: Callable[[Epoch], None],
    on_note: Callable[[str], None],
) -> HybridRegressor:
    """Return the trained regressor; writes the history after every epoch, if it can."""
    split, epochs, told = prepared.split, list[Epoch](), list[str]()

    def record(epoch: Epoch) -> None:
        epochs.append(epoch)
        with held_back():
            try:
                write_csv(history, history_frame(epochs))
            except OSError as error:
                if not told:
                    told.append(str(error))
                    on_note(f"{history}: {error.strerror or error}; the training goes on")
        on_epoch(epoch)

    genes, label, _ = prepared.rows(split.train)
    regressor = regressor_of(prepared.config, backend)
    regressor.fit(
        genes,
        label,
        validation=prepared.rows(split.validation),
        on_epoch=record,
        keep_interrupted=True,
    )
    if not regressor.fit_.epochs:
        raise KeyboardInterrupt
    return regressor


def _draw(run: Run, writer: RunWriter, hold: held_back, on_note: Callable[[str], None]) -> None:
    """Draw the figures of a run that is saved: they are worth no error."""
    try:
        with let_through():
            from qkdrp.systems.response.figures import draw_figures  # matplotlib is slow to import

            draw_figures(run.path / FIGURES, run, writer.cohort, writer.history, writer.predictions)
    except KeyboardInterrupt:
        hold.postpone()
        on_note("figures were not all drawn: interrupted")
    except Exception as error:  # noqa: BLE001  # whatever it is, the run is complete
        on_note(f"figures were not all drawn: {type(error).__name__}: {error}")


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
        "rows_sha256": digest_of_file(run.path / ROWS),
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
