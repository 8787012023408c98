"""Two endpoints per row, no classes, and a circuit that uses its inputs twice."""

from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
import torch
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from torch import nn

from qkdrp.backends import Backend, QuantumLayer
from qkdrp.circuits import PQC
from qkdrp.common.intervals import POSITIVE, mse_interval
from qkdrp.training.rows import Rows
from qkdrp.training.run_config import ModelSettings, RunConfig
from qkdrp.training.score_row import ScoreRow
from qkdrp.training.scored import scored_rows
from qkdrp.training.split import Split
from qkdrp.training.stored_state import State
from qkdrp.training.system import Facts, LayerCircuit, System
from qkdrp.training.task import RegressionTask

ENDPOINTS = ["growth", "decay"]


class ToyModel(ModelSettings):
    model: str = "toy"
    n_blocks: int = 2  # each uses all inputs


class ToyConfig(RunConfig):
    system: Literal["toy"] = "toy"
    model: ToyModel = ToyModel()


@dataclass(frozen=True, eq=False)
class ToyData:
    ids: np.ndarray
    inputs: np.ndarray
    outputs: np.ndarray
    synthetic: bool = True
    provenance: str = "made up"

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, ids: Any) -> Self:
        rows = [self.ids.tolist().index(each) for each in ids]
        return replace(
            self, ids=self.ids[rows], inputs=self.inputs[rows], outputs=self.outputs[rows]
        )

    def digest(self) -> str:
        return sha256(
            b"".join(a.tobytes() for a in (self.ids, self.inputs, self.outputs))
        ).hexdigest()


@dataclass(frozen=True, eq=False)
class Mean:
    """The mean of the inputs as preprocessor, and that of the outputs as baseline."""

    value: np.ndarray

    def state(self) -> State:
        return State({"toy.mean": self.value}, {})

    def predict(self, data: ToyData) -> np.ndarray:
        return np.tile(self.value, (len(data), 1))


class ToySystem(System[ToyConfig, ToyData, Mean]):
    name = "toy"
    config_type = ToyConfig
    row_key = ("sample", "endpoint")
    score_rows = (ScoreRow("MSE", "mse", values=POSITIVE, higher_is_better=False),)
    baselines = MappingProxyType({"mean": lambda _fitted, train, _: Mean(train.outputs.mean(0))})

    def load(self, data: Any) -> ToyData:
        rng = np.random.default_rng(1)
        inputs = rng.normal(size=(60, 3))
        outputs = np.tanh(inputs[:, :2]) + 0.1 * rng.normal(size=(60, 2))
        return ToyData(np.array([f"T{index:02d}" for index in range(60)]), inputs, outputs)

    def split(self, dataset: ToyData, config: ToyConfig) -> Split:
        order = np.random.default_rng(config.seed).permutation(dataset.ids)
        return Split(order[:40], order[40:50], order[50:])

    def fit_preprocessor(self, train: ToyData, config: ToyConfig) -> Mean:
        return Mean(train.inputs.mean(axis=0))

    def preprocessor_from(self, state: State) -> Mean:
        return Mean(state.arrays["toy.mean"])

    def rows(self, preprocessor: Mean, dataset: ToyData) -> Rows:
        as_tensor = partial(torch.tensor, dtype=torch.float32)
        return Rows((as_tensor(dataset.inputs - preprocessor.value),), as_tensor(dataset.outputs))

    def keep(self, preprocessor: Mean, dataset: ToyData) -> State:
        arrays = {"inputs": dataset.inputs, "outputs": dataset.outputs}
        return State(arrays, {"ids": dataset.ids.tolist()})

    def kept(self, state: State) -> ToyData:
        return ToyData(np.array(state.details["ids"]), **state.arrays)

    def build(
        self, config: ToyConfig, preprocessor: Mean, backend: Backend, seed: int
    ) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            core = QuantumLayer(backend.qnn(self.circuits(config)["core"].pqc))
            return nn.Sequential(nn.Linear(3, 2), nn.Tanh(), core, nn.Linear(2, 2))

    def circuits(self, config: ToyConfig) -> dict[str, LayerCircuit]:
        n_blocks = config.model.n_blocks
        x, w = ParameterVector("x", 2), ParameterVector("w", 2 * n_blocks)
        circuit = QuantumCircuit(2)
        for block in range(n_blocks):
            for qubit in range(2):
                circuit.ry(x[qubit], qubit)
                circuit.rx(w[2 * block + qubit], qubit)
            circuit.cx(0, 1)
        read = [SparsePauliOp("IZ"), SparsePauliOp("ZZ")]
        return {"core": LayerCircuit(PQC.from_circuit(circuit, x, w, read))}

    def fit_task(self, config: ToyConfig) -> RegressionTask:
        return RegressionTask()

    def predictions(
        self, preprocessor: Mean, dataset: ToyData, part: str, values: np.ndarray
    ) -> pd.DataFrame:
        key = pd.MultiIndex.from_product([dataset.ids, ENDPOINTS], names=self.row_key)
        table = pd.DataFrame({"part": part, "measured": dataset.outputs.ravel()}, index=key)
        return table.assign(prediction=values.ravel()).reset_index()

    def score(self, predictions: pd.DataFrame) -> dict[str, Any]:
        errors = ((predictions["prediction"] - predictions["measured"]) ** 2).to_numpy()
        return {"n": len(errors), "mse": float(errors.mean()), "mse_ci": mse_interval(errors)}

    def facts(self, config: ToyConfig, dataset: ToyData, split: Split, _: Mean) -> Facts:
        return Facts({"model": config.model.model}, introduction=["two endpoints per row"])

    def score_title(self, metrics: Any) -> str:
        kind, scores = scored_rows(metrics)
        return f"toy, {scores['n']} {kind} values" if scores else "toy"
