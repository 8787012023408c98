"""The plan of a study of pairs: one training for each setup and seed, seed by seed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

from qkdrp.backends.registry import find_backend
from qkdrp.common.errors import ConfigError
from qkdrp.experiments.pairs.catalogue import STUDIES
from qkdrp.experiments.pairs.config import PairStudyConfig
from qkdrp.experiments.pairs.contenders import contender
from qkdrp.experiments.pairs.setups import EMBEDDED, GIVEN, SHUFFLED, Place, Setup
from qkdrp.experiments.pairs.tasks import SYSTEM, PairResult, PairTask, as_loaded
from qkdrp.experiments.study.folds import dataset_of
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase, Plan
from qkdrp.systems.pairs.baselines import BASELINES
from qkdrp.systems.pairs.config import DataConfig, FitConfig, ModelConfig, PairsConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.training.run_config import SYNTHETIC


def silent(_: str) -> None:
    """Tell nobody what is done next."""


class PairPlan(Plan):
    """What a study of pairs has to train; made by :meth:`open`.

    Args:
        config: Its settings.
        pairs: Its data.
        digests: Of the data, by :data:`~.setups.GIVEN` and the like.
    """

    config: PairStudyConfig

    def __init__(
        self, config: PairStudyConfig, pairs: PairData, digests: Mapping[str, str]
    ) -> None:
        super().__init__(config.study, config, digests)
        self.pairs = pairs
        self.study = STUDIES[config.study]
        setups = list(self.study.setups(config))
        if self.study.baselines:
            places = dict.fromkeys(setup.place for setup in setups)
            setups += [each for place in places for each in baselines_of(place)]
        self.setups = tuple(setups)

    @classmethod
    def open(cls, config: PairStudyConfig, told: Callable[[str], None] = silent) -> Self:
        """Check the settings of a study, load its data and plan it.

        Args:
            config: The settings.
            told: Called with what is done next.

        Raises:
            QkdrpError: If settings do not fit together, or data are missing.
        """
        find_backend(config.backend, {})
        digests = {}
        if config.controls:
            embedded = dataset_of(SYSTEM, as_loaded(_embedded(config.data)))
            digests[EMBEDDED] = embedded.digest()
        told(f"reading {config.data.source}")
        pairs: PairData = dataset_of(SYSTEM, as_loaded(config.data))
        plan = cls(config, pairs, {GIVEN: pairs.digest(), **digests})
        for setup in plan.setups:  # settings that do not fit together are refused before any runs
            plan.run_config(setup, 0)
        return plan

    def phases(self, findings: Findings) -> Iterator[Phase]:  # noqa: ARG002  # one phase only
        """Yield all trainings: place by place, and seed by seed with all networks of a place."""
        yield Phase("trainings", list({task.key: task for task in self._in_order()}.values()))

    def _in_order(self) -> Iterator[PairTask]:
        rounds: dict[Any, list[Setup]] = {}
        for setup in self.setups:
            rounds.setdefault(self.study.round_of(setup), []).append(setup)
        for setups in rounds.values():
            for number in range(max(map(self.n_seeds, setups))):
                yield from (
                    self.task(setup, number) for setup in setups if number < self.n_seeds(setup)
                )

    def n_seeds(self, setup: Setup) -> int:
        """Return how often a setup is trained."""
        first = setup.place.split == self.config.splits[0] and setup.place.data == GIVEN
        return self.config.seeds if first else self.config.grouped_seeds

    def places(self) -> Sequence[Place]:
        """Return where networks are compared, in the order of the study."""
        return list(dict.fromkeys(setup.place for setup in self.setups))

    @property
    def several_sizes(self) -> bool:
        """Whether networks are compared at more than one number of training pairs."""
        return len({setup.place.size for setup in self.setups}) > 1

    def at(self, place: Place) -> Sequence[Setup]:
        """Return the setups of a place."""
        return [setup for setup in self.setups if setup.place == place]

    def task(self, setup: Setup, number: int) -> PairTask:
        """Return the training of a setup from one seed.

        Args:
            setup: What is trained.
            number: Of the seed, from 0.
        """
        place, baseline = setup.place, setup.model if setup.baseline else None
        return PairTask.of(
            self.run_config(setup, number),
            self.digests[EMBEDDED if place.data == EMBEDDED else GIVEN],
            name=setup.model,
            baseline=baseline,
            shuffled=place.data == SHUFFLED,
            look_every=1 if baseline else self.config.look_every(place.size),
        )

    def run_config(self, setup: Setup, number: int) -> PairsConfig:
        """Return the settings of a training.

        Raises:
            ConfigError: If they do not fit together, or there is no such setting.
        """
        config, place = self.config, setup.place
        source = _embedded(config.data) if place.data == EMBEDDED else config.data
        data = {"split": place.split, "train_size": place.size, "test_size": config.test_size}
        changes = dict(setup.changes)
        model = {} if setup.baseline else contender(setup.model).settings
        of_model, of_fit = ModelConfig.pick(changes), FitConfig.pick(changes)
        unknown = changes.keys() - of_model.keys() - of_fit.keys()
        if unknown:
            raise ConfigError(f"{setup.variant}: found no setting {', '.join(sorted(unknown))}.")
        return PairsConfig.make(
            data={**source.model_dump(), **data},
            model=ModelConfig.make(**{**model, **of_model}),
            fit=config.fit(place.size, **of_fit),
            backend=config.backend,
            seed=config.seed + number,
        )

    def results(self, setup: Setup, findings: Findings) -> dict[int, PairResult]:
        """Return what the trainings of a setup came to, by seed; those that are there."""
        found = {n: findings.of(self.task(setup, n)) for n in range(self.n_seeds(setup))}
        return {n: each for n, each in found.items() if isinstance(each, PairResult)}


def baselines_of(place: Place) -> list[Setup]:
    """Return the baselines of a place."""
    return [Setup(name, place, baseline=True) for name in BASELINES]


def _embedded(data: DataConfig) -> DataConfig:
    """Return the settings of the embedded pairs, with the target of a study."""
    return DataConfig(source=SYNTHETIC, measure=data.measure, exponent=data.exponent)
