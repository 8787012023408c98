"""What ``metrics.json`` says of a training: data, sizes, course and scores."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from qkdrp.common.digests import digest_of_file
from qkdrp.runs.cross_validation import CrossValidated, score_folds
from qkdrp.runs.folder import MODEL, SIZES, Run
from qkdrp.runs.kept_rows import ROWS
from qkdrp.runs.notes import notes_of
from qkdrp.runs.predict import score_part
from qkdrp.runs.prepare import Prepared
from qkdrp.training.epoch import Epoch
from qkdrp.training.run_config import DEFAULT_SYSTEM
from qkdrp.training.scored import CROSS_VALIDATION, FINAL

FINISHED, INTERRUPTED = "finished", "interrupted"
"""How a training ended."""


def summarise(
    run: Run,
    prepared: Prepared,
    predictions: pd.DataFrame,
    crossed: CrossValidated | None = None,
) -> dict[str, Any]:
    """Return the content of ``metrics.json``, time aside.

    Args:
        run: The trained model, in the folder that holds its files.
        prepared: What it was trained from.
        predictions: Of all parts of the split.
        crossed: The cross-validation of a training on all rows.
    """
    fit, dataset, facts, name = run.fit, prepared.dataset, prepared.facts, run.system.name
    assert fit is not None
    sizes = [len(ids) for ids in run.split.parts().values()]
    return {
        "status": INTERRUPTED if fit.interrupted else FINISHED,
        **({} if name == DEFAULT_SYSTEM else {"system": name}),
        **facts.names,
        "backend": run.config.backend,
        "synthetic": dataset.synthetic,
        "data": dataset.provenance,
        "data_sha256": dataset.digest(),
        "model_sha256": digest_of_file(run.path / MODEL),
        "rows_sha256": digest_of_file(run.path / ROWS) if len(run.split.test) else None,
        "n_samples": len(dataset),
        **facts.counts,
        "n_parameters": sum(
            weights.numel() for weights in run.model.parameters() if weights.requires_grad
        ),
        **dict(zip(SIZES, sizes, strict=True)),
        "epochs": len(fit.epochs),
        "best_epoch": fit.best_epoch,
        "steps": len(fit.epochs) * run.config.fit.steps_of_epoch(len(run.split.train)),
        **run.system.course(run.config, fit),
        "loss_still_falling": _still_falling(fit.epochs),
        "validation": score_part(run.system, predictions, "validation"),
        "test": score_part(run.system, predictions, "test"),
        "baselines": score_baselines(prepared),
        **({} if crossed is None else _crossed(run, prepared, crossed)),
        "notes": notes_of(run, prepared),
    }


def _crossed(run: Run, prepared: Prepared, crossed: CrossValidated) -> dict[str, Any]:
    """Return how a training on all rows got its epochs, and cross-validated scores."""
    tables = crossed.baselines or {}
    return {
        FINAL: {
            "folds": len(prepared.folds),
            "epochs": crossed.epochs,
            "best_epochs": list(crossed.best_epochs),
        },
        CROSS_VALIDATION: score_folds(run.system, crossed.held_out),
        "baselines": {
            name: score_folds(run.system, tables.get(name)) for name in run.system.baselines
        },
    }


def score_baselines(prepared: Prepared) -> dict[str, dict[str, Any] | None]:
    """Fit each baseline on the training rows and score it on the test rows."""
    system, preprocessor = prepared.system, prepared.preprocessor
    train, test = prepared.part("train"), prepared.part("test")
    scores: dict[str, dict[str, Any] | None] = {}
    for name, fit in system.baselines.items():
        values = fit(preprocessor, train, np.float64).predict(test) if len(test) else None
        table = None if values is None else system.predictions(preprocessor, test, "test", values)
        scores[name] = None if table is None else score_part(system, table, "test")
    return scores


def _still_falling(epochs: Sequence[Epoch]) -> bool:
    """Tell whether training stopped while the validation loss was at its lowest."""
    losses = [epoch.validation_loss for epoch in epochs if epoch.validation_loss is not None]
    return len(losses) > 1 and losses[-1] == min(losses) < losses[0]
