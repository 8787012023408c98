"""The tasks of the study: a training, and what its model comes to at each scale of noise."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Literal

import torch
from torch import nn

from qkdrp.common.settings import Settings
from qkdrp.experiments.pkpd.cv.tasks import KEPT, SYSTEM, FoldTask, kept, parts_of
from qkdrp.experiments.pkpd.noise.doses import dose_of
from qkdrp.experiments.pkpd.noise.question import DoseQuestion, FoundDose
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result
from qkdrp.experiments.study.training import Training
from qkdrp.runs.open_backend import open_backend
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.population.network import LAST_EPOCH
from qkdrp.systems.registry import find_system
from qkdrp.training.epoch import Fit
from qkdrp.training.loop import predict

NOISY = "aer_noisy"
"""The backend of noisy values."""

FOR_DOSES: Mapping[str, Any] = {"method": "pauli_trajectories", "trajectories": 16}
"""Options of that backend for doses, which ask for many values: noise is twirled."""


class Level(Settings):
    """What a model comes to at one scale of noise.

    Args:
        scale: What every error probability is multiplied by.
        rows: As :class:`~qkdrp.experiments.pkpd.cv.tasks.CvResult` has them.
        dose: The dose that it chooses; None where it was not asked.
    """

    scale: float
    rows: dict[str, tuple[str | float | None, ...]]
    dose: FoundDose | None = None


class NoiseResult(Result):
    """What a training came to at all scales.

    Args:
        levels: One for each scale.
    """

    levels: tuple[Level, ...]


class NoiseTask(FoldTask):
    """A training in one fold, and its evaluation at each scale of noise.

    Args:
        noise: As the backend takes it.
        scales: What every error probability is multiplied by.
        question: What dose is asked for; None for none.
    """

    result_type = NoiseResult

    stage: Literal["pkpd-noise"] = "pkpd-noise"
    noise: str
    scales: tuple[float, ...]
    question: DoseQuestion | None = None

    def run(self, saved: SavedTraining) -> NoiseResult:
        """Train exactly; predict, and find the dose, at each scale.

        Raises:
            QkdrpError: If the data are others than those of the digest, or training diverges.
        """
        start = perf_counter()
        system, config = find_system(SYSTEM), PkpdConfig.make(**self.settings)
        train, watched, test = parts_of(config, self.digest)
        preprocessor = system.fit_preprocessor(train, config)
        training = Training(system, config, preprocessor, config.seed, saved)
        weights: list[dict[str, Any]] = []

        def after(model: nn.Module, _: Fit) -> None:
            weights.append(model.state_dict())

        decides = system.fit_task(config).monitor is not LAST_EPOCH
        training.train(train, watched if decides else None, test, after=after)
        parts = train, watched, test
        levels = [self._level(training, weights[0], parts, scale) for scale in self.scales]
        return NoiseResult(levels=tuple(levels), seconds=perf_counter() - start)

    def _level(
        self,
        training: Training,
        weights: dict[str, Any],
        parts: tuple[Trial, Trial, Trial],
        scale: float,
    ) -> Level:
        """Return what the trained model comes to at one scale."""
        system, fitted, test = training.system, training.preprocessor, parts[2]
        options = {"noise": self.noise, "noise_scale": scale}
        with _loaded(training, weights, options) as model:
            inputs, _ = system.rows(fitted, test).batch(slice(None))
            values = predict(model, *inputs).double().numpy()
        table = system.predictions(fitted, test, "test", values)
        dose = None
        if self.question is not None:
            with _loaded(training, weights, {**options, **FOR_DOSES}) as model:
                dose = dose_of(self.question, training, model, parts)
        return Level(scale=scale, rows={name: kept(table[name]) for name in KEPT}, dose=dose)


@contextmanager
def _loaded(
    training: Training, weights: dict[str, Any], options: Mapping[str, Any]
) -> Iterator[nn.Module]:
    """Give a model with weights on the noisy backend, which is closed at the end."""
    with open_backend(NOISY, options, training.seed) as backend, torch.no_grad():
        model = training.system.build(training.config, training.preprocessor, backend, 0)
        model.load_state_dict(weights)
        yield model.eval()
