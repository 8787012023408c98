"""The tasks of the study: a training, and its evaluation in every cell."""

from time import perf_counter
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from qkdrp.backends import get_backend
from qkdrp.backends.noise.levels import LevelReader, NoiseLevel
from qkdrp.common.seeds import derive_seed
from qkdrp.experiments.noise.cells import Cell
from qkdrp.experiments.noise.circuits import PackedCircuit, reader_of
from qkdrp.experiments.noise.evaluation import (
    CellResult,
    Scores,
    evaluate_cell,
    generator_of,
    score_values,
)
from qkdrp.experiments.noise.layer import Layer, Reals, layer_of
from qkdrp.experiments.noise.signal import Signal, gradient_signals
from qkdrp.experiments.noise.trainings import TRAININGS, Training
from qkdrp.experiments.study.rows import Rows
from qkdrp.experiments.study.tasks import Result, Task
from qkdrp.nn.normalisation import ModeratedTanh
from qkdrp.systems.response.config import Settings
from qkdrp.systems.response.fit_task import response_rows
from qkdrp.systems.response.recipes import build_model, pqc_of
from qkdrp.systems.response.regressor import HybridRegressor
from qkdrp.training.centring import centre_head

PACKED = {"circuits": {"__all__": {"qpy", "mapping"}}}
"""What does not tell tasks apart: the digest stands for it."""


class KeptLayer(Settings):
    """All that is needed to evaluate a trained model's circuit elsewhere.

    Args:
        angles: Inputs of the circuit on the held-out rows, shape (n, n_inputs), radians.
        weights: Of the circuit, radians.
        slope: Of the head.
        offset: Of the head.
        exact: Noiseless expectation values, shape (n, n_outputs).
        label: Measured normalised label of the rows.
        responder: Whether each is a responder.
    """

    angles: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    slope: tuple[float, ...]
    offset: float
    exact: tuple[tuple[float, ...], ...]
    label: tuple[float, ...]
    responder: tuple[bool, ...]

    def layer(self) -> Layer:
        """Return circuit and head."""
        return Layer(
            np.array(self.angles), np.array(self.weights), np.array(self.slope), self.offset
        )


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


class NoiseTask(Task):
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
    stage: Literal["noise"] = "noise"
    training: Training = Training()
    cells: tuple[Cell, ...] = ()
    repetitions: int = 1
    gradient_rows: int = 0
    circuits: tuple[PackedCircuit, ...] = ()
    keep: bool = False

    def identity(self) -> str:
        """Return the settings that tell tasks apart, as JSON."""
        return self.model_dump_json(exclude=PACKED)

    @property
    def title(self) -> str:
        """What it is, for messages."""
        point = f"a {self.model.a:g}, r {self.model.r:.4g}"
        return f"{super().title}, {self.training.label}, {point}"

    def run(self) -> NoiseResult:
        """Train once, evaluate in every cell."""
        start = perf_counter()
        train, (genes, label, responder) = self.fold_rows()
        with TRAININGS[self.training.name](self) as backend:
            regressor = HybridRegressor(
                **self.model.model_dump(),
                **self.fit.model_dump(),
                backend=backend,
                random_state=self.own_seed,
            )
            began = perf_counter()
            regressor.fit(train[0], train[1])
            fit_seconds = perf_counter() - began
        layer = layer_of(regressor.model_, genes)
        exact = _exact_values(self, layer)
        label = np.asarray(label, dtype=float)
        signals = self._signals(train, regressor)
        cells = []
        for packed in self.circuits:
            here = [cell for cell in self.cells if cell.source == packed.source]
            levels = list(dict.fromkeys(cell.level for cell in here))
            reader = reader_of(packed)
            shares = dict(zip(levels, reader.read(layer.points, levels), strict=True))
            for cell in here:
                found = evaluate_cell(
                    cell,
                    layer,
                    exact,
                    shares[cell.level],
                    reader.worth,
                    label,
                    responder,
                    self.repetitions,
                    generator_of(self.key, cell),
                )
                gradients = _gradients(signals.get((cell.source, cell.level)), cell.shots)
                cells.append(found.model_copy(update=gradients))
        normalisation = regressor.model_.normalisation
        moderated = isinstance(normalisation, ModeratedTanh)
        times = [epoch.seconds for epoch in regressor.fit_.epochs]
        return NoiseResult(
            cells=tuple(cells),
            exact=score_values(layer, exact, label, responder),
            a=normalisation.a if moderated else None,
            r=normalisation.r if moderated else None,
            n_train=len(train[1]),
            n_held_out=len(label),
            n_responder=int(responder.sum()),
            seed=self.own_seed,
            fit_seconds=fit_seconds,
            epoch_seconds=(times[-1] - times[0]) / (len(times) - 1) if times[1:] else times[0],
            kept=_kept(layer, exact, label, responder) if self.keep else None,
            seconds=perf_counter() - start,
        )

    def _signals(
        self, train: Rows, regressor: HybridRegressor
    ) -> dict[tuple[str, NoiseLevel], tuple[Signal, Signal]]:
        """Return the gradient before and after training at each level, by source and level."""
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
            here = [cell.level for cell in self.cells if cell.source == packed.source]
            levels = list(dict.fromkeys(here))
            reader: LevelReader = reader_of(packed)
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


def _kept(layer: Layer, exact: Reals, label: Reals, responder: NDArray[np.bool_]) -> KeptLayer:
    return KeptLayer(
        angles=layer.angles.tolist(),
        weights=layer.weights.tolist(),
        slope=layer.slope.tolist(),
        offset=layer.offset,
        exact=exact.tolist(),
        label=label.tolist(),
        responder=responder.tolist(),
    )
