"""Training one model, from data to run folder."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from torch import nn

from qkdrp.backends import Backend
from qkdrp.common.files import write_csv, write_json, write_text
from qkdrp.common.stop_signals import held_back, let_through
from qkdrp.runs.cross_validation import CrossValidated, Listeners, OnStage, OpenBackend
from qkdrp.runs.fit import fit_prepared
from qkdrp.runs.folder import FIGURES, FILES, HISTORY, METRICS, Run, default_folder, start_run
from qkdrp.runs.model_card import CARD, model_card
from qkdrp.runs.new_folder import NewFolder
from qkdrp.runs.open_backend import open_backend
from qkdrp.runs.prepare import Prepared, prepare, prepare_resumed
from qkdrp.runs.resume import claim_run_folder, leave_failed, leave_saved
from qkdrp.runs.saved_training import ALL_ROWS, SavedTraining
from qkdrp.runs.saving import RunWriter
from qkdrp.runs.summary import INTERRUPTED, summarise
from qkdrp.training.checkpoint import EVERY
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.run_config import RunConfig
from qkdrp.training.system import AnySystem
from qkdrp.training.task import OnPreparing, untold
from qkdrp.training.threads import limit_threads

__all__ = ["Prepared", "open_backend", "prepare", "prepare_resumed", "train"]


def train(
    prepared: Prepared | RunConfig,
    output: Path | str | None = None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    on_progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
    on_note: Callable[[str], None] = lambda _: None,
    *,
    resumed: bool = False,
    checkpoint_every: float = EVERY,
    on_step: Callable[[int, int], None] = lambda _done, _total: None,
    on_stage: OnStage = lambda _: None,
    on_preparing: OnPreparing = untold,
) -> tuple[Run, dict[str, Any]]:
    """Train a model and write its run folder.

    Ctrl-C, SIGTERM and SIGHUP end training early: the folder then holds the best epoch so far (or
    the last one, if that is to be kept) and says interrupted. Signals while it is being written are
    raised after it is. Meanwhile it holds a checkpoint, from which a stopped training goes on.

    Args:
        prepared: What to train, or settings to prepare it from.
        output: A new folder; a time-stamped one below ``runs/`` where left out.
        on_epoch: Called after every epoch.
        on_progress: Called by slow backends with what is counted, what is done, and the total.
        on_note: Called with what the user should know, such as that a disk is full.
        resumed: Whether ``output`` is the run folder of a training that goes on, and ``prepared``
            is from :func:`~qkdrp.runs.prepare.prepare_resumed`.
        checkpoint_every: Seconds between two checkpoints; 0 for one after every batch.
        on_step: Called after every batch with how many of the epoch are done, and of how many.
        on_stage: Called when each of the trainings begins that a model of all rows takes.
        on_preparing: Called with the name of what begins before the first epoch of a training.

    Returns:
        The run, in another folder where that one could not be written, and its ``metrics.json``.

    Raises:
        RunError: If the folder holds something already, or nothing can be written anywhere.
        ConfigError: If training diverges; nothing is left in the folder.
        KeyboardInterrupt: If a signal comes before the first epoch ends; nothing is left either.
    """
    prepared = prepare(prepared) if isinstance(prepared, RunConfig) else prepared
    config, system, split = prepared.config, prepared.system, prepared.split
    clock, default = _clock(), default_folder(config, prepared.facts)
    open_for = partial(_open_for_training, on_progress=on_progress, on_note=on_note)
    with held_back() as hold, limit_threads(config.threads), open_for(config) as backend:
        folder, on_error = claim_run_folder(output, default, resumed=resumed), _tell_once(on_note)
        saved = SavedTraining(prepared, folder.path, checkpoint_every, on_error)
        record = _history_writer(system, folder.path / HISTORY, on_epoch, on_error)
        listeners = Listeners(on_stage, on_epoch, on_step, on_preparing)
        try:
            if not resumed:
                start_run(folder.path, system, config, split)
            model, fit, crossed = _fit(saved, open_for, backend, listeners, record)
        except BaseException as error:
            leave_failed(folder, error, on_note)
            raise
        run = Run(config, split, prepared.preprocessor, model, fit, folder.path, system)
        history = history_frame(system, fit.epochs)  # Ctrl-C may have come while it was written
        writer = RunWriter(run, prepared.dataset, history, backend, hold, on_note, crossed)
        return _finish(writer, prepared, folder, saved, lambda: clock() + saved.seconds_before)


def _fit(
    saved: SavedTraining,
    open_for: OpenBackend,
    backend: Backend,
    listeners: Listeners,
    record: Callable[[Epoch], None],
) -> tuple[nn.Module, Fit, CrossValidated | None]:
    """Return the trained model, its course, and the cross-validation that found its epochs.

    Args:
        saved: The training and its checkpoints.
        open_for: Opens a backend for each fold.
        backend: Of the training itself.
        listeners: Called meanwhile.
        record: Called after every epoch of the training itself.
    """
    trained, crossed = saved.with_epochs(open_for, listeners)
    checkpoint = saved.checkpoint(ALL_ROWS, backend)
    on_step, on_preparing = listeners.on_step, listeners.on_preparing
    fitted = fit_prepared(trained, backend, record, True, checkpoint, on_step, on_preparing)
    return *fitted, crossed


def _finish(
    writer: RunWriter,
    prepared: Prepared,
    folder: NewFolder,
    saved: SavedTraining,
    seconds: Callable[[], float],
) -> tuple[Run, dict[str, Any]]:
    """Write all files of a trained run; figures come last."""
    run, metrics = _save(writer, prepared, seconds)
    if run.path != folder.path:
        folder.give_back(FILES)
    interrupted = metrics["status"] == INTERRUPTED
    checkpoint = saved.checkpoint(ALL_ROWS, writer.backend)
    leave_saved(checkpoint, writer.on_note, interrupted=interrupted)
    if not interrupted:
        saved.finished.delete()
    _draw(run, writer)
    return run, metrics


def _save(
    writer: RunWriter, prepared: Prepared, seconds: Callable[[], float]
) -> tuple[Run, dict[str, Any]]:
    """Write a trained run; return it, where it is now, and the content of its ``metrics.json``.

    Args:
        writer: Writes all other files.
        prepared: What was trained.
        seconds: Gives the seconds since training began.
    """
    run, backend, metrics = writer.run, writer.backend, dict[str, Any]()

    def finish(path: Path) -> None:
        placed = replace(run, path=path)
        metrics.update(summarise(placed, prepared, writer.predictions, writer.crossed))
        metrics["predicted_on"] = writer.predicted_on
        if report := backend.report():
            metrics[backend.kind_of_report] = report
        metrics["seconds"] = seconds()
        _write_card(path, run, metrics, writer.on_note)
        write_json(path / METRICS, metrics)

    with held_back("saving the run; one moment."):
        return replace(run, path=writer.save(finish)), metrics


def _write_card(
    path: Path, run: Run, metrics: dict[str, Any], on_note: Callable[[str], None]
) -> None:
    """Write the model card of a run: a text of its system that fails is worth no error."""
    try:
        card = model_card(run.system, run.config, metrics)
    except Exception as error:  # noqa: BLE001  # whatever it is, the run counts for more
        on_note(f"no model card was written: {type(error).__name__}: {error}")
    else:
        write_text(path / CARD, card)


def _clock() -> Callable[[], float]:
    """Return what gives the seconds from now on."""
    start = perf_counter()
    return lambda: perf_counter() - start


@contextmanager
def _open_for_training(
    config: RunConfig,
    on_progress: Callable[[str, int, int], None],
    on_note: Callable[[str], None],
) -> Iterator[Backend]:
    """Give the backend of a training."""
    with let_through():  # a device far away may keep one waiting
        backend = open_backend(config.backend, config.backend_options, config.seed)
    with backend:
        backend.on_progress, backend.on_note = on_progress, on_note
        yield backend


def _tell_once(on_note: Callable[[str], None]) -> Callable[[OSError], None]:
    """Return what tells the user of the first file that could not be written while training."""
    told = list[OSError]()

    def tell(error: OSError) -> None:
        if not told:
            told.append(error)
            on_note(f"{error.filename}: {error.strerror or error}; the training goes on")

    return tell


def _history_writer(
    system: AnySystem,
    path: Path,
    on_epoch: Callable[[Epoch], None],
    on_error: Callable[[OSError], None],
) -> Callable[[Epoch], None]:
    """Return what writes the history after every epoch, if it can, and passes the epoch on."""
    epochs = list[Epoch]()

    def record(epoch: Epoch) -> None:
        epochs.append(epoch)
        with held_back():
            try:
                write_csv(path, history_frame(system, epochs))
            except OSError as error:
                on_error(error)
        on_epoch(epoch)

    return record


def _draw(run: Run, writer: RunWriter) -> None:
    """Write further tables and the figures of a run that is saved: they are worth no error."""
    try:
        with let_through():
            tables = run.system.tables(run, writer.dataset, writer.predictions)
            for name, table in tables.items():
                write_csv(run.path / f"{name}.csv", table)
            run.system.draw(
                run.path / FIGURES, run, writer.dataset, writer.history, writer.predictions
            )
    except KeyboardInterrupt:
        writer.hold.postpone()
        writer.on_note("figures were not all drawn: interrupted")
    except Exception as error:  # noqa: BLE001  # whatever it is, the run is complete
        writer.on_note(f"figures were not all drawn: {type(error).__name__}: {error}")


def history_frame(system: AnySystem, history: Sequence[Epoch]) -> pd.DataFrame:
    """Return one row per epoch."""
    columns = ["epoch", "train_loss", "validation_loss", *system.history_columns, "seconds"]
    return pd.DataFrame([epoch.row(columns) for epoch in history], columns=columns)
