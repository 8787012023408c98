"""What an evaluation will cost, without asking for any value."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qkdrp.backends import CostEstimate
from qkdrp.common.errors import ConfigError
from qkdrp.runs.folder import load_run
from qkdrp.runs.open_backend import open_backend


@dataclass(frozen=True)
class Preview:
    """What evaluating a run costs, and what one step of training would.

    Args:
        cost: Of the evaluation.
        n_samples: Samples.
        n_observables: Observables.
        stock_pubs: PUBs that stock ``EstimatorQNN`` sends for the evaluation.
        gradient_executions: Circuits of a parameter-shift gradient of these samples, in one PUB.
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
        backend_name: Where the circuit would run.
        options: The backend's own options.

    Raises:
        QkdrpError: If run or backend cannot be used, or the model has no circuit.
    """
    with open_backend(backend_name, options, 0) as backend:
        run = load_run(run_path, backend)
        circuits = list(run.system.circuits(run.config).values())
        if not circuits:
            raise ConfigError(f"model {run.config.model.model!r} has no circuit: it costs nothing.")
        (layer,), n_samples = circuits, len(run.split.test)
        pqc = layer.pqc
        cost = backend.estimate_cost(pqc, n_samples)
        shifted = 2 * (pqc.n_inputs + pqc.n_weights) * n_samples
        return Preview(
            cost=cost,
            n_samples=n_samples,
            n_observables=pqc.n_outputs,
            stock_pubs=pqc.n_outputs,
            gradient_executions=shifted,
            stock_gradient_pubs=shifted * pqc.n_outputs,
            notes=tuple(getattr(backend, "notes", ())),
        )
