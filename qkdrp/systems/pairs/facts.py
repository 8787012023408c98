"""What is said of a training: first lines of a command, ``metrics.json``, titles."""

from collections.abc import Mapping
from typing import Any

from qkdrp.systems.pairs.config import PairsConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.models import HYBRID, SPLITS
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.split import cut_sizes
from qkdrp.systems.pairs.target import LN_IC50, MEASURES
from qkdrp.training.split import Split
from qkdrp.training.system import Facts


def facts_of(
    config: PairsConfig, pairs: PairData, split: Split, preprocessor: Preprocessor
) -> Facts:
    """Return what is said of the training of a model on pairs."""
    model, data = config.model, config.data
    names = {"split": data.split, "model": model.model}
    if model.model == HYBRID:
        names["core"] = str(model.core)
    names["normalisation"] = model.normalisation
    n_features = len(preprocessor.features.names)
    possible = len(pairs.lines) * len(pairs.drugs)
    return Facts(
        names=names,
        counts={
            "n_lines": len(pairs.lines),
            "n_drugs": len(pairs.drugs),
            "n_features": n_features,
        },
        introduction=(
            f"data     {pairs.provenance}",
            f"pairs    {len(pairs)} measured of {possible} possible: {len(pairs.lines)} cell "
            f"lines, {len(pairs.drugs)} drugs, {n_features} features",
            f"split    {data.split}, the test has new {SPLITS[data.split]}; {len(split.train)} "
            f"train, {len(split.validation)} validation, {len(split.test)} test",
            f"target   {_target_line(config)}",
            *_protocol_line(config),
            f"model    {_model_line(config)}",
        ),
        doubts=(*pairs.notes, *cut_sizes(split, data), *_dropout_doubt(config)),
    )


def _target_line(config: PairsConfig) -> str:
    data = config.data
    side = "large" if data.target.large_is_sensitive else "small"
    of_ic50 = f"t = 1/(1 + IC50^{data.exponent:g})"
    return f"{of_ic50 if data.measure == LN_IC50 else MEASURES[data.measure]}, {side} is sensitive"


def _protocol_line(config: PairsConfig) -> list[str]:
    if not config.fit.paper_protocol:
        return []
    return [
        f"protocol of the paper: {config.fit.epochs} epochs of all training pairs, the last counts"
    ]


def _model_line(config: PairsConfig) -> str:
    model = config.model
    start = f"{model.model}, {model.normalisation} normalisation"
    if model.quantum:
        frozen = " (frozen)" if model.core == "frozen" else ""
        return (
            f"{start}, circuit{frozen} of {model.n_qubits} qubits, {model.n_encoding} encodings, "
            f"{model.spec.n_weights} weights on {config.backend}, seed {config.seed}"
        )
    instead = f", {model.core} in the circuit's place" if model.model == HYBRID else ""
    return f"{start}{instead}, no circuit, seed {config.seed}"


def _dropout_doubt(config: PairsConfig) -> list[str]:
    """Return what dropout does where it is in front of a circuit without normalisation."""
    model = config.model
    last = model.dropout > 0 and model.dropout_place != "hidden"
    if not (model.quantum and last and model.normalisation == "identity"):
        return []
    return [
        f"dropout of {model.dropout:g} sets angles of the circuit to 0, which is another input and "
        "not a thinner one; --dropout-place hidden, or --normalisation moderated"
    ]


def score_title(metrics: Mapping[str, Any]) -> str:
    """Return the title of the score table of a run, given its ``metrics.json``."""
    mark = ", SYNTHETIC DATA" if metrics["synthetic"] else ""
    test = metrics["test"]
    return (
        f"{metrics['split']}, {test['n']} test pairs of {test['n_lines']} lines and "
        f"{test['n_drugs']} drugs{mark}"
    )
