"""What an evaluation will cost, without asking for any value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from qkdrp.backends import Backend, CostEstimate
from qkdrp.common.errors import ConfigError
from qkdrp.runs.folder import load_run
from qkdrp.runs.open_backend import open_backend
from qkdrp.training.system import LayerCircuit


@dataclass(frozen=True)
class Preview:
    """What evaluating a run costs, and what one step of training would; over all its circuits.

    Args:
        cost: Of the evaluation.
        n_samples: Samples.
        n_observables: Observables.
        stock_pubs: PUBs that stock ``EstimatorQNN`` sends for the evaluation.
        gradient_executions: Circuits of a parameter-shift gradient of these samples, in one PUB for
            each circuit of the model.
        stock_gradient_pubs: PUBs that stock ``EstimatorQNN`` sends for that gradient.
        notes: What the backend has to say.
    """

    cost: CostEstimate
    n_samples: int
    n_observables: int
    stock_pubs: int
    gradient_executions: int
    stock_gradient_pubs: int
    notes: tuple[str, ...]


def preview(run_path: Path, backend_name: str, options: Mapping[str, Any]) -> Preview:
    """Return what evaluating a run would cost; submits and writes nothing.

    Args:
        run_path: The run folder.
        backend_name: Where the circuits would run.
        options: The backend's own options.

    Raises:
        QkdrpError: If run or backend cannot be used, or the model has no circuit.
    """
    with open_backend(backend_name, options, 0) as backend:
        run = load_run(run_path, backend)
        circuits = run.system.circuits(run.config).values()
        if not circuits:
            raise ConfigError(f"model {run.config.model.model!r} has no circuit: it costs nothing.")
        return preview_circuits(circuits, len(run.split.test), backend)


def preview_circuits(circuits: Iterable[LayerCircuit], n_samples: int, backend: Backend) -> Preview:
    """Return what the values of some circuits would cost.

    Args:
        circuits: Of a model; one at least.
        n_samples: Samples that the model is asked for.
        backend: Where the circuits would run.
    """
    costs, shifted, stock_shifted, observables = [], 0, 0, 0
    for each in circuits:
        pqc, points = each.pqc, n_samples * each.calls_per_row
        costs.append(backend.estimate_cost(pqc, points))
        gradient = 2 * (pqc.n_inputs + pqc.n_weights) * points
        shifted += gradient
        stock_shifted += gradient * pqc.n_outputs
        observables += pqc.n_outputs
    return Preview(
        cost=reduce(add, costs),
        n_samples=n_samples,
        n_observables=observables,
        stock_pubs=observables,
        gradient_executions=shifted,
        stock_gradient_pubs=stock_shifted,
        notes=tuple(backend.notes),
    )
