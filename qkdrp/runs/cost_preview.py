"""What an evaluation will cost, without asking for any value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from qkdrp.backends import Backend, CostEstimate
from qkdrp.backends.qnn.shift_rule import find_rule
from qkdrp.circuits import PQC
from qkdrp.circuits.pauli.bases import count_bases
from qkdrp.common.errors import BackendError, ConfigError
from qkdrp.runs.evaluate import Progress, refuse_without_rows, silent
from qkdrp.runs.folder import load_run
from qkdrp.runs.open_backend import open_backend
from qkdrp.training.system import LayerCircuit


@dataclass(frozen=True)
class LayerCost:
    """What the values of one quantum layer cost.

    Args:
        layer: Name of the layer.
        stage: Its turn, from 0: it needs values of earlier stages.
        cost: Of all its values.
    """

    layer: str
    stage: int
    cost: CostEstimate


@dataclass(frozen=True)
class Preview:
    """What evaluating a run costs, and what one step of training would; over all its circuits.

    Args:
        cost: Of the evaluation.
        n_samples: Samples.
        n_observables: Observables.
        stock_pubs: PUBs that stock ``EstimatorQNN`` sends for the evaluation.
        gradient_executions: Circuits of a parameter-shift gradient of these samples, in one PUB for
            each circuit of the model; None where no parameter-shift rule is known.
        stock_gradient_pubs: PUBs that stock ``EstimatorQNN`` sends for that gradient.
        notes: What the backend has to say.
        layers: Cost of each quantum layer, in their order.
    """

    cost: CostEstimate
    n_samples: int
    n_observables: int
    stock_pubs: int
    gradient_executions: int | None
    stock_gradient_pubs: int | None
    notes: tuple[str, ...]
    layers: tuple[LayerCost, ...] = ()


def preview(
    run_path: Path,
    backend_name: str,
    options: Mapping[str, Any],
    on_progress: Progress = silent,
) -> Preview:
    """Return what evaluating a run would cost; submits and writes nothing.

    Args:
        run_path: The run folder.
        backend_name: Where the circuits would run.
        options: The backend's own options.
        on_progress: Called with what is counted, how much of it is done, and how much there is.

    Raises:
        QkdrpError: If run or backend cannot be used, or the model has no circuit.
    """
    with open_backend(backend_name, options, 0) as backend:
        backend.on_progress = on_progress
        run = load_run(run_path, backend)
        refuse_without_rows(run)
        circuits = run.system.circuits(run.config).items()
        if not circuits:
            raise ConfigError(f"model {run.config.model.model!r} has no circuit: it costs nothing.")
        return preview_circuits(circuits, len(run.split.test), backend)


def preview_circuits(
    circuits: Iterable[tuple[str, LayerCircuit]], n_samples: int, backend: Backend
) -> Preview:
    """Return what the values of some circuits would cost.

    Args:
        circuits: Of a model, with the names of its layers; one at least.
        n_samples: Samples that the model is asked for.
        backend: Where the circuits would run.
    """
    named = list(circuits)
    found = [(each.pqc, n_samples * each.calls_per_row) for _, each in named]
    costs = [backend.estimate_cost(pqc, points) for pqc, points in found]
    shifts = [_shifted_points(pqc) for pqc, _ in found]
    executions, stock = [], []
    for (pqc, points), shifted in zip(found, shifts, strict=True):
        if shifted is not None:
            executions.append(shifted * points * count_bases(pqc.observables))
            stock.append(shifted * points * pqc.n_outputs)
    known = None not in shifts
    observables = sum(pqc.n_outputs for pqc, _ in found)
    return Preview(
        cost=reduce(add, costs),
        n_samples=n_samples,
        n_observables=observables,
        stock_pubs=observables,
        gradient_executions=sum(executions) if known else None,
        stock_gradient_pubs=sum(stock) if known else None,
        notes=tuple(backend.notes),
        layers=tuple(
            LayerCost(label, each.stage, cost)
            for (label, each), cost in zip(named, costs, strict=True)
        ),
    )


def _shifted_points(pqc: PQC) -> int | None:
    """Return at how many points the gradient of one is measured; None without a shift rule.

    A parameter that drives several gates is shifted in each of them.
    """
    try:
        return 2 * len(find_rule(pqc.circuit).shifts)
    except BackendError:
        return None
