"""The study of noise from settings to findings."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from qkdrp.common.errors import BackendError, ConfigError
from qkdrp.experiments.noise.cells import Cell
from qkdrp.experiments.noise.chosen import Chosen, Place
from qkdrp.experiments.noise.circuits import Shelf, reader_of
from qkdrp.experiments.noise.config import NoiseConfig
from qkdrp.experiments.noise.device import (
    DEVICE,
    DeviceResult,
    DeviceRunner,
    DeviceTask,
    Hardware,
)
from qkdrp.experiments.noise.tasks import NoiseResult, NoiseTask
from qkdrp.experiments.noise.trainings import EXACT
from qkdrp.experiments.study.contenders import contender
from qkdrp.experiments.study.driver import Findings
from qkdrp.experiments.study.estimate import PROBED_EPOCHS, relative_sizes
from qkdrp.experiments.study.folds import make_folds
from qkdrp.experiments.study.plan import Cost, Phase, Plan
from qkdrp.experiments.study.tasks import FoldResult, FoldTask, run_task
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.recipes import recipe_of, spec_of

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from qkdrp.backends.runtime.cost import RuntimeCost


class NoisePlan(Plan):
    """What the study trains, and where it evaluates.

    Args:
        config: Its settings.
        folder: Of a study that is resumed, whose circuits are taken; None for a new one.
        hardware: Where chosen cells are evaluated; None for nowhere.
        on_trial: Called while circuits are prepared, see
            :class:`~qkdrp.experiments.noise.circuits.Shelf`.

    Raises:
        QkdrpError: If settings do not fit together, data are missing, a device is too small, a
            scale makes noise leave its range, or hardware would cost more than it may.
    """

    config: NoiseConfig

    def __init__(
        self,
        config: NoiseConfig,
        folder: Path | None = None,
        hardware: Hardware | None = None,
        on_trial: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
    ) -> None:
        super().__init__(config)
        self.hardware, self.chosen = hardware, Chosen.parse(config.chosen)
        self.cells = config.cells()
        trained = [c for c in self.configurations if contender(c.model).model not in BASELINES]
        for configuration in trained:
            if not recipe_of(configuration.model_config_of()).quantum:
                raise ConfigError(
                    f"models: {configuration.model!r} has no circuit, so no noise reaches it: "
                    "choose models with one."
                )
        specs = [spec_of(configuration.model_config_of()) for configuration in trained]
        self.shelf = Shelf(specs, config.noise, folder, on_trial)
        for spec in dict.fromkeys(specs):
            for packed in self.shelf.of(spec):
                here = (cell.level for cell in self.cells if cell.source == packed.source)
                reader_of(packed).check(here)
        self.places = [
            Place(configuration, training, repeat, fold)
            for drug in config.drugs
            for repeat, fold in product(range(config.repeats), range(config.folds))
            for configuration in trained
            if configuration.drug == drug
            for training in config.trainings_of(configuration.model)
        ]
        if hardware is not None and not any(map(self.chosen.holds, self.places)):
            raise ConfigError(f"chosen: found no training that is {config.chosen}; choose others.")
        if hardware is not None:
            self._refuse_above(hardware)

    def _refuse_above(self, hardware: Hardware) -> None:
        seconds = sum(cost.seconds for cost in self.device_costs())
        if seconds > hardware.limit:
            raise BackendError(
                f"Estimated {seconds:.1f} s of {self.config.device['device']} for the whole "
                f"study, above the limit of {hardware.limit:g} s: nothing was sent; allow it with "
                f"--max-qpu-seconds {seconds + 1:.0f}, or choose fewer cells or --shots."
            )

    def task_of(self, place: Place) -> NoiseTask:
        """Return the task of a training."""
        configuration, config = place.configuration, self.config
        model = configuration.model_config_of()
        return NoiseTask.make(
            data=self.data_of(configuration.drug),
            digest=self.digests[configuration.drug],
            model=model,
            fit=configuration.fit_config_of(config, patience=0),
            backend=config.backend,
            seed=config.seed,
            folds=config.folds,
            repeat=place.repeat,
            fold=place.fold,
            training=place.training,
            cells=tuple(self.cells),
            repetitions=config.repetitions,
            gradient_rows=config.gradient_rows,
            circuits=self.shelf.of(spec_of(model)),
            keep=self.hardware is not None and self.chosen.holds(place),
        )

    def baselines(self) -> list[FoldTask]:
        """Return the folds of the baselines: what models without a circuit come to."""
        config = self.config
        return [
            FoldTask.make(
                data=self.data_of(found.drug),
                digest=self.digests[found.drug],
                baseline=contender(found.model).model,
                seed=config.seed,
                folds=config.folds,
                repeat=repeat,
                fold=fold,
            )
            for found in self.configurations
            if contender(found.model).model in BASELINES
            for repeat, fold in product(range(config.repeats), range(config.folds))
        ]

    def phases(self, findings: Findings) -> Iterator[Phase]:
        """Yield trainings with their simulated cells, baselines, and cells on hardware."""
        yield Phase("trainings", [self.task_of(place) for place in self.places])
        yield Phase("baselines", self.baselines())
        if self.hardware is not None:
            tasks = [task for _, task in self.device_tasks(findings)]
            name = f"on {self.config.device['device']}"
            yield Phase(name, tasks, DeviceRunner(self.hardware), "cells")

    def device_tasks(self, findings: Findings) -> Iterator[tuple[Place, DeviceTask]]:
        """Yield what is to be evaluated on hardware, the trainings being done."""
        if self.hardware is None:
            return
        name = str(self.config.device["device"])
        for place in filter(self.chosen.holds, self.places):
            task = self.task_of(place)
            result = findings.of(task)
            if not isinstance(result, NoiseResult) or result.kept is None:
                continue
            for shots in self.hardware.shots:
                settings = task.model_dump(include=set(DeviceTask.model_fields) - {"stage"})
                cell = Cell(source=name, parts=DEVICE, on=(), scale=1.0, shots=shots)
                yield (
                    place,
                    DeviceTask.make(
                        **settings, cell=cell, kept=result.kept, options=self.config.device
                    ),
                )

    def device_costs(self) -> "list[RuntimeCost]":
        """Return what the cells on hardware cost, one entry for each of them."""
        if self.hardware is None:
            return []
        loads = []
        for place in filter(self.chosen.holds, self.places):
            cohort, config = self.cohorts[place.configuration.drug], self.config
            stratify = config.data.stratify_test
            folds = make_folds(cohort, config.seed, stratify, config.folds, place.repeat)
            spec = spec_of(place.configuration.model_config_of())
            loads.append((spec, len(folds[place.fold][1])))
        return self.hardware.costs(loads)

    def results(self, findings: Findings) -> Iterator[tuple[Place, NoiseResult]]:
        """Yield the trainings that were finished."""
        for place in self.places:
            result = findings.of(self.task_of(place))
            if isinstance(result, NoiseResult):
                yield place, result

    def device_results(self, findings: Findings) -> Iterator[tuple[Place, DeviceResult]]:
        """Yield the cells on hardware that were finished."""
        for place, task in self.device_tasks(findings):
            result = findings.of(task)
            if isinstance(result, DeviceResult):
                yield place, result

    def baseline_results(self, findings: Findings) -> Iterator[tuple[FoldTask, FoldResult]]:
        """Yield the folds of baselines that were finished."""
        for task in self.baselines():
            result = findings.of(task)
            if isinstance(result, FoldResult):
                yield task, result

    def begin(self, path: Path) -> None:
        """Write the prepared circuits into the folder of the study."""
        self.shelf.save(path)

    def costs(self) -> Iterator[Cost]:
        """Yield what each model and training would take, from a few epochs of one of them."""
        size, config = relative_sizes(self), self.config
        groups: dict[tuple[str, str], list[Place]] = {}
        for place in self.places:
            groups.setdefault((place.configuration.model, place.training.name), []).append(place)
        for (model, training), members in groups.items():
            seconds = self._seconds(members[0])
            yield Cost(
                label=f"{contender(model).label}, trained {_adverb(training)}",
                configurations=len({(p.configuration, p.training) for p in members}),
                counts={"folds": len(members)},
                seconds=sum(seconds * size[place.configuration.drug] for place in members),
            )
        yield Cost("Baselines", len(config.drugs), {"folds": len(self.baselines())}, 0.0)

    def _seconds(self, place: Place) -> float:
        """Return the time of a training and its cells, from a few epochs of it."""
        task, epochs = self.task_of(place), self.config.epochs
        fit = task.fit.model_copy(update={"epochs": min(PROBED_EPOCHS, epochs)})
        result = run_task(task.model_copy(update={"fit": fit}))
        assert isinstance(result, NoiseResult)
        return result.seconds - result.fit_seconds + epochs * result.epoch_seconds

    def write(self, findings: Findings, path: Path) -> "Mapping[str, pd.DataFrame]":
        """Write tables, figures, ``report.md`` and ``report.html``; return the tables."""
        from qkdrp.experiments.noise.report import write_report

        return write_report(self, findings, path)

    def show(
        self, console: "Console", findings: Findings, tables: "Mapping[str, pd.DataFrame]"
    ) -> None:
        """Print the answer in words."""
        from qkdrp.experiments.noise.report import show_answer

        show_answer(console, self, findings, tables)


def _adverb(training: str) -> str:
    return "exactly" if training == EXACT else training
