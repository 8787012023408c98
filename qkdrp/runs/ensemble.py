"""Runs that predict the same new samples: several of one target, or of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qkdrp.backends import Backend
from qkdrp.common.errors import ConfigError, DataError, RunError
from qkdrp.runs.folder import Run, load_run, read_config, read_metrics
from qkdrp.runs.reference_file import load_training_data, read_reference, reference_of
from qkdrp.systems.registry import find_system
from qkdrp.training.forecast import new_samples_of, predict_matched
from qkdrp.training.new_sample_settings import NewSampleSettings
from qkdrp.training.new_samples import AnyNewSamples, Matched, Member
from qkdrp.training.stored_state import State
from qkdrp.training.system import AnySystem, Values


@dataclass(frozen=True, eq=False)
class LoadedRun:
    """A run on a backend, and what it predicts.

    Args:
        run: The run.
        metrics: Its ``metrics.json``.
        target: What it predicts, such as its drug.
        reference: What it kept of its data.
    """

    run: Run
    metrics: dict[str, Any]
    target: str
    reference: State | None

    @property
    def name(self) -> str:
        """Name of the run's folder, for messages."""
        return self.run.path.name


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Runs of one system on one backend.

    Args:
        system: Whose runs they are.
        support: How it predicts for new samples.
        runs: One at least.
    """

    system: AnySystem
    support: AnyNewSamples
    runs: Sequence[LoadedRun]

    @property
    def targets(self) -> list[str]:
        """What the runs predict, in their order, each once."""
        return list(dict.fromkeys(each.target for each in self.runs))

    def load(self, source: str | None, settings: NewSampleSettings) -> Any:  # noqa: ANN401  # its own
        """Load samples; what is not given comes from the data of the first run.

        Raises:
            DataError: If they cannot be read.
        """
        first = self.runs[0]
        return self.support.load(source, first.run.config.data, settings, first.reference)

    def match(self, dataset: Any, settings: NewSampleSettings) -> list[Matched[Any]]:  # noqa: ANN401
        """Bring samples into the form that each run reads.

        Raises:
            QkdrpError: If they do not fit one.
        """
        return [
            self.support.match(each.run, dataset, settings, each.reference) for each in self.runs
        ]

    def member(self, number: int, matched: Matched[Any]) -> Member:
        """Predict samples with one of the runs."""
        run = self.runs[number].run
        return predict_matched(self.system, run, run.known(), matched)

    def values(self, number: int, matched: Matched[Any]) -> Values:
        """Return what one of the runs predicts, as it can be compared between samples."""
        run = self.runs[number].run
        return self.support.comparable(run, matched.dataset, run.predict(matched.dataset))

    def by_target(self, members: Sequence[Member]) -> dict[str, list[Member]]:
        """Return what the runs say by their target."""
        found: dict[str, list[Member]] = {target: [] for target in self.targets}
        for each, member in zip(self.runs, members, strict=True):
            found[each.target].append(member)
        return found


def system_of(paths: Sequence[Path]) -> AnySystem:
    """Return the system of some runs, which must predict for new samples.

    Raises:
        ConfigError: If it does not.
        RunError: If the runs are of several systems, or a folder is none of a run.
    """
    names = {path: read_config(path).system for path in paths}
    first = names[paths[0]]
    for path, name in names.items():
        if name != first:
            raise RunError(
                f"{path}: is of the system {name!r}, {paths[0]} of {first!r}; "
                "give runs of one system."
            )
    system = find_system(first)
    new_samples_of(system)
    return system


def load_ensemble(
    paths: Sequence[Path], backend: Backend, train_data: str | None = None
) -> Ensemble:
    """Load runs onto a backend.

    Args:
        paths: Run folders, each once.
        backend: Where circuits run.
        train_data: The data that they were trained on, if they have moved.

    Raises:
        QkdrpError: If a run cannot be used, is given twice, or has nothing to do on the backend.
    """
    if not paths:
        raise ConfigError("No run given, expected one at least.")
    where = [path.resolve() for path in paths]
    if len(set(where)) < len(where):
        twice = next(
            path for path, place in zip(paths, where, strict=True) if where.count(place) > 1
        )
        raise ConfigError(f"{twice}: given twice; give each run once.")
    system = system_of(paths)
    support = new_samples_of(system)
    support.check_together([read_config(path) for path in paths])
    runs = []
    for path in paths:
        run, metrics = load_run(path, backend), read_metrics(path)
        if backend.circuits_only and not system.circuits(run.config):
            raise ConfigError(
                f"{run.config.model.in_words} has no circuit: there is nothing to run on "
                f"{backend.name}; use --backend statevector."
            )
        reference = _reference(run, metrics, train_data)
        runs.append(LoadedRun(run, metrics, support.target(metrics), reference))
    return Ensemble(system, support, runs)


def _reference(run: Run, metrics: dict[str, Any], train_data: str | None) -> State | None:
    """Return what a run kept of its data, made again where an earlier version did not."""
    found = read_reference(run.path, run.system)
    if found is not None:
        return found
    digest = metrics.get("data_sha256")
    try:
        dataset = load_training_data(run, run.system, train_data, digest)
    except DataError:
        if train_data is not None:
            raise
        return None
    return reference_of(run, run.system, dataset)
