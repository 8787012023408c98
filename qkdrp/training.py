"""Training one model on one cohort, from data to run folder."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from shutil import rmtree
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from qkdrp.backends import get_backend
from qkdrp.baselines import BASELINES
from qkdrp.circuits.errors import QkdrpError
from qkdrp.config import DataConfig, TrainConfig
from qkdrp.data import Cohort, Preprocessor, Split, load_cohort, make_split
from qkdrp.figures import draw_figures
from qkdrp.files import digest, write_csv, write_json
from qkdrp.fit import Epoch
from qkdrp.metrics import Scores, score
from qkdrp.model import recipe_of
from qkdrp.regressor import HybridRegressor
from qkdrp.run import FIGURES, HISTORY, METRICS, MODEL, PREDICTIONS, Run, new_folder, start_run
from qkdrp.seeds import derive_seed
from qkdrp.store import StoredModel
from qkdrp.threads import set_threads


@dataclass(frozen=True, eq=False)
class Prepared:
    """A training that can begin: all is loaded, checked and fitted but the model.

    Args:
        config: The settings.
        cohort: All samples.
        split: Which of them are for what.
        preprocessor: Fitted on the training rows.
    """

    config: TrainConfig
    cohort: Cohort
    split: Split
    preprocessor: Preprocessor

    def rows(self, part: NDArray[np.str_]) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
        """Return genes, labels and responder flags of a part of the split."""
        cohort = self.cohort.select(part)
        return self.preprocessor.genes(cohort), self.preprocessor.label(cohort), cohort.responder


def load_data(config: DataConfig) -> Cohort:
    """Load the cohort that a configuration names."""
    options = {"partner": config.partner} if config.partner else {}
    return load_cohort(config.source, config.drug, **options)


def prepare(config: TrainConfig) -> Prepared:
    """Load, check, split and preprocess; writes nothing.

    Raises:
        QkdrpError: If settings or data cannot be meant.
    """
    recipe_of(config.model)
    cohort = load_data(config.data)
    split = make_split(cohort, derive_seed(config.seed, "split"), config.data.stratify_test)
    zscore = not cohort.standardised if config.data.zscore is None else config.data.zscore
    preprocessor = Preprocessor.fit(
        cohort.select(split.train), zscore, config.data.variance_threshold
    )
    return Prepared(config, cohort, split, preprocessor)


def train(
    config: TrainConfig,
    output: Path | None = None,
    on_start: Callable[[Prepared], None] = lambda _: None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> tuple[Run, dict[str, Any]]:
    """Train a model and write its run folder.

    Ctrl-C ends training early; the folder then holds what is done so far and says interrupted.

    Args:
        config: The settings.
        output: A new folder; a time-stamped one below ``runs/`` where left out.
        on_start: Called when everything is checked, before anything is written.
        on_epoch: Called after every epoch.

    Returns:
        The run, and the content of its ``metrics.json``.

    Raises:
        QkdrpError: If settings or data cannot be meant, or the folder holds something already.
    """
    start = perf_counter()
    set_threads(config.threads)
    with get_backend(config.backend) as backend:
        prepared = prepare(config)
        cohort, split = prepared.cohort, prepared.split
        path = new_folder(output, f"{cohort.drug}-{config.model.model}-{config.backend}")
        on_start(prepared)
        start_run(path, config, split)
        epochs: list[Epoch] = []

        def record(epoch: Epoch) -> None:
            epochs.append(epoch)
            write_csv(path / HISTORY, history_frame(epochs))
            on_epoch(epoch)

        genes, label, _ = prepared.rows(split.train)
        regressor = HybridRegressor(
            **config.model.model_dump(),
            **config.fit.model_dump(),
            backend=backend,
            random_state=config.seed,
        )
        watched = prepared.rows(split.validation)
        try:
            regressor.fit(genes, label, validation=watched, on_epoch=record)
        except QkdrpError:
            rmtree(path)
            raise
        run = Run(path, config, split, prepared.preprocessor, regressor)
        StoredModel(regressor.model_.state_dict(), prepared.preprocessor).save(path / MODEL)
        # Once more: Ctrl-C may have come while the last epoch was being written.
        history = history_frame(regressor.fit_.epochs)
        write_csv(path / HISTORY, history)

        predictions = predict_parts(run, cohort)
        write_csv(path / PREDICTIONS, predictions)
        draw_figures(path / FIGURES, run, cohort, history, predictions)
        metrics = summarise(run, prepared, predictions) | {"seconds": perf_counter() - start}
        write_json(path / METRICS, metrics)
    return run, metrics


def history_frame(history: Sequence[Epoch]) -> pd.DataFrame:
    """Return one row per epoch."""
    names = [field.name for field in fields(Epoch)]
    return pd.DataFrame([asdict(epoch) for epoch in history], columns=names)


def predict_parts(run: Run, cohort: Cohort) -> pd.DataFrame:
    """Return one row per sample of the split, with measured and predicted label."""
    parts = [
        (name, cohort.select(ids), run.predict(cohort.select(ids)))
        for name, ids in run.split.parts().items()
    ]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "sample": part.samples,
                    "part": name,
                    "responder": part.responder,
                    "ln_ic50": part.ln_ic50,
                    "label": run.preprocessor.label(part),
                    "prediction": prediction,
                }
            )
            for name, part, prediction in parts
        ],
        ignore_index=True,
    )


def score_part(predictions: pd.DataFrame, part: str) -> Scores:
    """Score the predictions of one part of the split."""
    rows = predictions[predictions["part"] == part]
    return score(
        rows["label"].to_numpy(), rows["responder"].to_numpy(), rows["prediction"].to_numpy()
    )


def score_baselines(prepared: Prepared) -> dict[str, Scores]:
    """Fit each baseline on the training rows and score it on the test rows."""
    genes, label, _ = prepared.rows(prepared.split.train)
    test_genes, test_label, responder = prepared.rows(prepared.split.test)
    return {
        name: score(
            test_label,
            responder,
            clone(baseline).fit(genes.astype(float), label).predict(test_genes.astype(float)),
        )
        for name, baseline in BASELINES.items()
    }


def summarise(run: Run, prepared: Prepared, predictions: pd.DataFrame) -> dict[str, Any]:
    """Return the content of ``metrics.json``, time aside."""
    fit, cohort = run.regressor.fit_, prepared.cohort
    sizes = {name: len(ids) for name, ids in run.split.parts().items()}
    return {
        "status": "interrupted" if fit.interrupted else "finished",
        "drug": cohort.drug,
        "model": run.config.model.model,
        "backend": run.config.backend,
        "synthetic": cohort.synthetic,
        "data": cohort.provenance,
        "data_sha256": cohort.digest(),
        "model_sha256": digest(run.path / MODEL),
        "n_samples": len(cohort),
        "n_responder": int(cohort.responder.sum()),
        "n_genes": len(run.preprocessor.transform.genes),
        "n_parameters": sum(weights.numel() for weights in run.regressor.model_.parameters()),
        "n_train": sizes["train"],
        "n_val": sizes["validation"],
        "n_test": sizes["test"],
        "epochs": len(fit.epochs),
        "best_epoch": fit.best_epoch,
        "validation": score_part(predictions, "validation").model_dump(),
        "test": score_part(predictions, "test").model_dump(),
        "baselines": {
            name: scores.model_dump() for name, scores in score_baselines(prepared).items()
        },
    }
