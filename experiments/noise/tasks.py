"""The tasks of the study: a training, and its evaluation in every cell."""

from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.backends import get_backend
from qkdrp.backends.noise.levels import NoiseLevel
from qkdrp.common.seeds import derive_seed
from qkdrp.experiments.ito.rows import Rows
from qkdrp.experiments.ito.tasks import FIRST_LAYOUT, CohortTask
from qkdrp.experiments.noise.cells import FIRST_CELL, Cell
from qkdrp.experiments.noise.circuits import PackedCircuit, reader_of
from qkdrp.experiments.noise.evaluation import (
    CellResult,
    Scores,
    evaluate_cell,
    generator_of,
    score_values,
)
from qkdrp.experiments.noise.gradient_signal import Signal, gradient_signals
from qkdrp.experiments.noise.kept_layer import KeptLayer
from qkdrp.experiments.noise.layer import Layer, Reals, layer_of
from qkdrp.experiments.noise.trainings import TRAININGS, Training
from qkdrp.experiments.study.keys import Layout, plain
from qkdrp.experiments.study.saved_training import SavedTraining
from qkdrp.experiments.study.tasks import Result
from qkdrp.nn.moderated_tanh import ModeratedTanh
from qkdrp.systems.response.fit_task import response_rows
from qkdrp.systems.response.recipes import build_model, pqc_of
from qkdrp.systems.response.regressor import HybridRegressor
from qkdrp.training.centring import centre_head

FIRST_TRAINING: Layout = plain("name", "noise", "scale")
"""Settings of a training in the first version."""

Signals: TypeAlias = Mapping[tuple[str, NoiseLevel], tuple[Signal, Signal]]
"""The gradient before and after training, by source and level of noise."""


class NoiseResult(Result):
    """What a training came to in all of its cells.

    Args:
        cells: One for each cell of the task.
        exact: Scores of the noiseless evaluation by the exact engine.
        a: Input scale after training; None for models without one.
        r: Output range after training, radians.
        n_train: Training samples.
        n_held_out: Held-out samples.
        n_responder: Responders among them.
        seed: Of initial weights and shuffling.
        fit_seconds: Time of the training itself.
        epoch_seconds: Time of an epoch, the first left out where there are more.
        kept: The trained circuit on the held-out rows, where it was asked for.
    """

    cells: tuple[CellResult, ...]
    exact: Scores
    a: float | None
    r: float | None
    n_train: int
    n_held_out: int
    n_responder: int
    seed: int
    fit_seconds: float
    epoch_seconds: float
    kept: KeptLayer | None = None


class NoiseTask(CohortTask):
    """A training on one fold for all epochs, and its evaluation in every cell.

    Args:
        training: How it is trained.
        cells: Where it is evaluated.
        repetitions: Evaluations in a cell with shots.
        gradient_rows: Training samples whose gradient is looked at; 0 for none.
        circuits: The circuit as prepared for each source of noise.
        keep: Whether the result holds the trained circuit.
    """

    result_type = NoiseResult
    # A circuit's digest stands for it: two packings of it differ.
    no_part_of_key = {  # noqa: RUF012
        **CohortTask.no_part_of_key,
        "circuits": {"__all__": {"qpy", "mapping"}},
    }
    first_layout = {  # noqa: RUF012
        **FIRST_LAYOUT,
        "training": FIRST_TRAINING,
        "cells": FIRST_CELL,
        **plain("repetitions", "gradient_rows"),
        "circuits": plain("source", "detail", "digest"),
        **plain("keep"),
    }

    stage: Literal["noise"] = "noise"
    training: Training = Training()
    cells: tuple[Cell, ...] = ()
    repetitions: int = 1
    gradient_rows: int = 0
    circuits: tuple[PackedCircuit, ...] = ()
    keep: bool = False

    @property
    def title(self) -> str:
        """What it is, for messages."""
        point = f"a {self.model.a:g}, r {self.model.r:.4g}"
        return f"{super().title}, {self.training.label}, {point}"

    @property
    def kind(self) -> str:
        """What tasks that take about as long share: drug, model, sizes and training."""
        return f"{super().kind} {self.training.name}"

    def run(self, saved: SavedTraining) -> NoiseResult:
        """Train once, evaluate in every cell."""
        start = perf_counter()
        train, (genes, label, responder) = self.fold_rows()
        regressor, fit_seconds = self._train(train, saved)
        layer = layer_of(regressor.model_, genes)
        exact = _exact_values(self, layer)
        label = np.asarray(label, dtype=float)
        signals = self._signals(train, regressor)
        cells = tuple(self._evaluate(layer, exact, label, responder, signals))
        normalisation = regressor.model_.normalisation
        moderated = isinstance(normalisation, ModeratedTanh)
        times = [epoch.seconds for epoch in regressor.fit_.epochs]
        return NoiseResult(
            cells=cells,
            exact=score_values(layer, exact, label, responder),
            a=normalisation.a if moderated else None,
            r=normalisation.r if moderated else None,
            n_train=len(train[1]),
            n_held_out=len(label),
            n_responder=int(responder.sum()),
            seed=self.own_seed,
            fit_seconds=fit_seconds,
            epoch_seconds=(times[-1] - times[0]) / (len(times) - 1) if times[1:] else times[0],
            kept=KeptLayer.of(layer, exact, label, responder) if self.keep else None,
            seconds=perf_counter() - start,
        )

    def _train(self, train: Rows, saved: SavedTraining) -> tuple[HybridRegressor, float]:
        """Return the trained model, and the time of the training itself."""
        open_backend = TRAININGS[self.training.name]
        with open_backend(self.training, self.backend, self.own_seed, self.circuits) as backend:
            regressor = HybridRegressor(
                **self.model.model_dump(),
                **self.fit.model_dump(),
                backend=backend,
                random_state=self.own_seed,
            )
            began = perf_counter()
            regressor.fit(train[0], train[1], checkpoint=saved.checkpoint(backend))
            return regressor, perf_counter() - began + saved.seconds_before

    def _levels(self, packed: PackedCircuit) -> list[NoiseLevel]:
        """Return the levels of a source of noise, each once."""
        here = (cell.level for cell in self.cells if cell.source == packed.source)
        return list(dict.fromkeys(here))

    def _evaluate(
        self,
        layer: Layer,
        exact: Reals,
        label: Reals,
        responder: NDArray[np.bool_],
        signals: Signals,
    ) -> Iterator[CellResult]:
        """Yield what the trained model comes to in each cell, source by source."""
        key = self.first_key or self.key  # so that shots are those of the first version
        for packed in self.circuits:
            levels, reader = self._levels(packed), reader_of(packed)
            shares = dict(zip(levels, reader.read(layer.points, levels), strict=True))
            for cell in self.cells:
                if cell.source != packed.source:
                    continue
                found = evaluate_cell(
                    cell,
                    layer,
                    exact,
                    shares[cell.level],
                    reader.worth,
                    label,
                    responder,
                    self.repetitions,
                    generator_of(key, cell),
                )
                gradients = _gradients(signals.get((cell.source, cell.level)), cell.shots)
                yield found.model_copy(update=gradients)

    def _signals(self, train: Rows, regressor: HybridRegressor) -> Signals:
        """Return the gradient before and after training at each level of each source."""
        if not self.gradient_rows:
            return {}
        count = self.gradient_rows
        layers = (
            _fresh_layer(self, train).head(count),
            layer_of(regressor.model_, train[0][:count]),
        )
        label = np.asarray(train[1][:count], dtype=float)
        found = {}
        for packed in self.circuits:
            levels, reader = self._levels(packed), reader_of(packed)
            both = [gradient_signals(reader, layer, label, levels) for layer in layers]
            for level, before, after in zip(levels, *both, strict=True):
                found[packed.source, level] = before, after
        return found


def _fresh_layer(task: NoiseTask, train: Rows) -> Layer:
    """Return the circuit on all training rows as the first step of training sees it."""
    genes, label = (np.array(each, dtype=np.float32) for each in train[:2])
    with get_backend("statevector") as backend:
        model = build_model(
            task.model, genes.shape[1], backend, derive_seed(task.own_seed, "weights")
        )
        if task.fit.centre_head:
            rows = response_rows(torch.from_numpy(genes), torch.from_numpy(label))
            centre_head(model, model.head, rows)
        return layer_of(model, genes, fresh=True)


def _exact_values(task: NoiseTask, layer: Layer) -> Reals:
    with get_backend("statevector") as backend:
        qnn = backend.qnn(pqc_of(task.model))
        return np.asarray(qnn.forward(layer.angles, layer.weights), dtype=float)


def _gradients(signals: tuple[Signal, Signal] | None, shots: int) -> dict[str, float | None]:
    if signals is None:
        return {}
    initial, final = signals
    return {
        "gradient_initial": initial.norm,
        "snr_initial": initial.to_noise(shots),
        "gradient_final": final.norm,
        "snr_final": final.to_noise(shots),
    }
