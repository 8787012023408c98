"""The source of doses of a run folder."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qkdrp.common.errors import DataError, RunError
from qkdrp.runs.folder import load_run, read_metrics

if TYPE_CHECKING:
    from qkdrp.systems.pkpd.dose.model import DoseSource

SYSTEM = "pkpd"
"""The system whose runs have doses."""


def dose_source(path: Path, source: str | None = None) -> "DoseSource":
    """Return model, trial and refits of a run folder.

    Args:
        path: The run folder.
        source: Its trial, if it has moved.

    Raises:
        RunError: If the run is of another system.
        ConfigError: If its model has no mechanism.
        DataError: If its trial cannot be read, or is another one.
    """
    from qkdrp.systems.pkpd.dose.from_run import source_of

    run = load_run(path)
    if run.system.name != SYSTEM:
        raise RunError(
            f"{path}: is a run of the system {run.system.name}; doses are those of {SYSTEM}: give "
            "a run of qkdrp train-pkpd."
        )
    data = run.config.data
    try:
        trial = run.system.load(data.model_copy(update={"source": source or data.source}))
    except DataError as error:
        if source is not None:
            raise
        raise DataError(f"{error} Give --data, the trial that the run was fitted to.") from error
    if trial.digest() != read_metrics(path).get("data_sha256"):
        raise DataError(
            f"{source or data.source}: is another trial than the one that {path} was fitted to; "
            "give --data that one, or train again."
        )
    n_fitted, title = len(run.split.train), run.config.model.model
    if n_fitted < len(trial):
        title = f"{title}, fitted to {n_fitted} of {len(trial)} subjects"
    return source_of(run.model, trial, title)


def dose_sources(paths: Sequence[Path]) -> "list[DoseSource]":
    """Return the sources of runs of one trial; runs of one model get the names of their folders.

    Args:
        paths: Run folders, at least one.

    Raises:
        RunError: If they are of several trials, or as :func:`dose_source`.
    """
    found = [dose_source(path) for path in paths]
    for path, source in zip(paths, found, strict=True):
        if source.trial.digest() != found[0].trial.digest():
            raise RunError(
                f"{path}: was fitted to another trial than {paths[0]}; give runs of one trial."
            )
    often = Counter(source.title for source in found)
    return [
        source
        if often[source.title] == 1
        else replace(source, title=f"{source.title} ({path.name})")
        for path, source in zip(paths, found, strict=True)
    ]
