"""The plan of the study of noise: trainings with their cells, baselines, cells on hardware."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Self

from qkdrp.backends.runtime.cost import refuse_over_quota
from qkdrp.common.errors import BackendError, ConfigError
from qkdrp.experiments.ito.cohort_plan import (
    CohortPlan,
    Told,
    checked_configurations,
    load_cohorts,
    silent,
)
from qkdrp.experiments.ito.contenders import contender
from qkdrp.experiments.ito.folds import make_folds
from qkdrp.experiments.ito.grid import Configuration
from qkdrp.experiments.ito.tasks import FoldResult, FoldTask
from qkdrp.experiments.noise.cells import DEVICE, Cell
from qkdrp.experiments.noise.circuits import Shelf, reader_of
from qkdrp.experiments.noise.config import NoiseConfig
from qkdrp.experiments.noise.device import Hardware
from qkdrp.experiments.noise.device_choice import Chosen, Place
from qkdrp.experiments.noise.device_tasks import DeviceResult, DeviceRunner, DeviceTask
from qkdrp.experiments.noise.tasks import NoiseResult, NoiseTask
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase
from qkdrp.systems.response.baselines import BASELINES
from qkdrp.systems.response.data import Cohort
from qkdrp.systems.response.model_choice import recipe_of, spec_of

if TYPE_CHECKING:
    from qkdrp.backends.runtime.cost import RuntimeCost


class NoisePlan(CohortPlan):
    """What the study trains, and where it evaluates; made by :meth:`open`.

    Args:
        config: Its settings.
        found: Its configurations.
        cohorts: By drug.
        shelf: The prepared circuits.
        hardware: Where chosen cells are evaluated; None for nowhere.
    """

    config: NoiseConfig

    def __init__(
        self,
        config: NoiseConfig,
        found: Sequence[Configuration],
        cohorts: Mapping[str, Cohort],
        shelf: Shelf,
        hardware: Hardware | None = None,
    ) -> None:
        super().__init__(config, found, cohorts)
        self.shelf, self.hardware = shelf, hardware
        self.chosen, self.cells = Chosen.parse(config.chosen), config.cells()
        self.places = [
            Place(configuration, training, repeat, fold)
            for drug in config.drugs
            for repeat, fold in product(range(config.repeats), range(config.folds))
            for configuration in _neural(found)
            if configuration.drug == drug
            for training in config.trainings_of(configuration.model)
        ]

    @classmethod
    def open(
        cls,
        config: NoiseConfig,
        folder: Path | None = None,
        hardware: Hardware | None = None,
        on_trial: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
        told: Told = silent,
    ) -> Self:
        """Check the settings of a study, load its data, prepare its circuits and plan it.

        Args:
            config: The settings.
            folder: Of a study that is resumed, whose circuits are taken; None for a new one.
            hardware: Where chosen cells are evaluated; None for nowhere.
            on_trial: Called while circuits are prepared, see
                :class:`~qkdrp.experiments.noise.circuits.Shelf`.
            told: Called with what is done next.

        Raises:
            QkdrpError: If settings do not fit together, data are missing, a device is too small, a
                scale makes noise leave its range, or hardware would cost more than it may.
        """
        found = checked_configurations(config)
        cohorts = load_cohorts(config, told)
        Chosen.parse(config.chosen)
        told("preparing circuits")
        shelf = _checked_shelf(config, found, folder, on_trial, told)
        plan = cls(config, found, cohorts, shelf, hardware)
        if hardware is not None:
            plan.check_hardware(hardware)
        return plan

    def check_hardware(self, hardware: Hardware) -> None:
        """Refuse a choice of nothing, and costs above the limit.

        Raises:
            ConfigError: If no training is chosen.
            BackendError: If the chosen cells would cost more than they may.
        """
        if not any(map(self.chosen.holds, self.places)):
            raise ConfigError(
                f"chosen: found no training that is {self.config.chosen}; choose others."
            )
        costs = self.device_costs()
        seconds = sum(cost.seconds for cost in costs)
        if seconds > hardware.limit:
            raise BackendError(
                f"Estimated {seconds:.1f} s of {self.config.device['device']} for the whole "
                f"study, above the limit of {hardware.limit:g} s: nothing was sent; allow it with "
                f"--max-qpu-seconds {seconds + 1:.0f}, or choose fewer cells or --shots."
            )
        if not hardware.over_quota:
            refuse_over_quota(reduce(add, costs))

    def task_of(self, place: Place) -> NoiseTask:
        """Return the task of a training."""
        config, settings = self.config, self.task_settings(place.configuration, patience=0)
        return NoiseTask.make(
            **settings,
            folds=config.folds,
            repeat=place.repeat,
            fold=place.fold,
            training=place.training,
            cells=tuple(self.cells),
            repetitions=config.repetitions,
            gradient_rows=config.gradient_rows,
            circuits=self.shelf.of(spec_of(settings["model"])),
            keep=self.hardware is not None and self.chosen.holds(place),
        )

    def baselines(self) -> list[FoldTask]:
        """Return the folds of the baselines: what models without a circuit come to."""
        config, tasks = self.config, []
        for found in self.configurations:
            if contender(found.model).model not in BASELINES:
                continue
            settings = self.task_settings(found, patience=0)
            del settings["backend"]  # no circuit runs
            tasks += [
                FoldTask.make(**settings, folds=config.folds, repeat=repeat, fold=fold)
                for repeat, fold in product(range(config.repeats), range(config.folds))
            ]
        return tasks

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


def _neural(found: Sequence[Configuration]) -> list[Configuration]:
    """Return the configurations that are no baselines."""
    return [each for each in found if contender(each.model).model not in BASELINES]


def _checked_shelf(
    config: NoiseConfig,
    found: Sequence[Configuration],
    folder: Path | None,
    on_trial: Callable[[str, int, int], None],
    told: Told,
) -> Shelf:
    """Return the prepared circuits; refuse models without one, and scales out of range."""
    trained, cells = _neural(found), config.cells()
    for configuration in trained:
        if not recipe_of(configuration.model_config_of()).quantum:
            raise ConfigError(
                f"models: {configuration.model!r} has no circuit, so no noise reaches it: "
                "choose models with one."
            )
    specs = [spec_of(configuration.model_config_of()) for configuration in trained]
    shelf = Shelf(specs, config.noise, folder, on_trial)
    told("checking scales of the noise")
    for spec in dict.fromkeys(specs):
        for packed in shelf.of(spec):
            here = (cell.level for cell in cells if cell.source == packed.source)
            reader_of(packed).check(here)
    return shelf
