"""Runs DrEval on a data folder: our models beside drevalpy's own.

``python -m qkdrp.experiments.dreval --data FOLDER --output FOLDER``, in the environment of
docs/drevalpy.md.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from drevalpy.datasets.loader import load_custom
from drevalpy.experiment import drug_response_experiment
from drevalpy.models import MODEL_FACTORY

from qkdrp.common.errors import ConfigError, QkdrpError
from qkdrp.common.files import write_csv
from qkdrp.experiments.dreval.model import MODELS, register
from qkdrp.experiments.dreval.scores import fold_scores, summary
from qkdrp.experiments.dreval.tables import MEASURE, write_drevalpy_data
from qkdrp.runs.new_folder import NewFolder

BASELINES = ("NaivePredictor", "NaiveDrugMeanPredictor", "NaiveMeanEffectsPredictor")
NAME = "cohort"
"""What the data set is called in drevalpy's folders."""


def benchmark(
    source: str,
    output: Path,
    models: Sequence[str],
    folds: int = 5,
    test_mode: str = "LCO",
    *,
    tune: bool = False,
) -> Path:
    """Run drevalpy's experiment and return the folder of its results, with ``scores.csv``.

    Args:
        source: A data folder of the system ``response``.
        output: A new folder.
        models: Names of ours or of drevalpy's; its naive predictors always run.
        folds: Of the cross-validation.
        test_mode: What test rows share with no training row: LPO pairs, LCO cell lines.
        tune: Whether hyperparameters are chosen on validation rows.

    Raises:
        QkdrpError: If a model is unknown, the data cannot be read, or the output is there already.
    """
    register()
    unknown = [name for name in models if name not in MODEL_FACTORY]
    if unknown:
        raise ConfigError(f"Unknown model {unknown[0]!r}: choose of {', '.join(MODEL_FACTORY)}.")
    folder = NewFolder.claim(output, output).path
    response = write_drevalpy_data(source, folder / "data", NAME)
    drug_response_experiment(
        models=[MODEL_FACTORY[name] for name in models],
        baselines=[MODEL_FACTORY[name] for name in BASELINES],
        response_data=load_custom(response, NAME, MEASURE),
        test_mode=test_mode,
        n_cv_splits=folds,
        path_out=str(folder),
        run_id="results",
        path_data=str(folder / "data"),
        hyperparameter_tuning=tune,
    )
    results = folder / "results" / NAME / test_mode
    write_csv(folder / "scores.csv", fold_scores(results))
    return folder


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m qkdrp.experiments.dreval", description=__doc__)
    parser.add_argument("--data", required=True, help="data folder of qkdrp")
    parser.add_argument("--output", required=True, type=Path, help="a new folder")
    parser.add_argument("--models", default=",".join(MODELS), help="names with commas between")
    parser.add_argument("--folds", type=int, default=5, help="of the cross-validation")
    parser.add_argument("--test-mode", default="LCO", choices=["LPO", "LCO", "LDO"])
    parser.add_argument("--tune", action="store_true", help="choose hyperparameters")
    given = parser.parse_args(arguments)
    models = [name.strip() for name in given.models.split(",") if name.strip()]
    try:
        folder = benchmark(
            given.data, given.output, models, given.folds, given.test_mode, tune=given.tune
        )
    except QkdrpError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from error
    print(summary(fold_scores(folder / "results" / NAME / given.test_mode)).to_string(index=False))  # noqa: T201


if __name__ == "__main__":
    main()
