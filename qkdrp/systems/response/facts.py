"""What is said of a training: first lines of a command, ``metrics.json``, titles."""

from collections.abc import Mapping
from typing import Any

from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.gene_names import SYMBOLS, kind_of_names
from qkdrp.systems.response.data.letters import doubt_letters
from qkdrp.systems.response.doubts import doubts_before
from qkdrp.systems.response.measures import LN_IC50
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.training.scored import scored_rows
from qkdrp.training.split import Split
from qkdrp.training.system import Facts


def facts_of(
    config: TrainConfig, cohort: Cohort, split: Split, preprocessor: Preprocessor
) -> Facts:
    """Return what is said of the training of a model on one drug."""
    n_responder, n_genes = int(cohort.responder.sum()), len(preprocessor.transform.genes)
    doubt = doubt_letters(cohort)
    return Facts(
        names={"drug": cohort.drug, "model": config.model.model, **_core(config)},
        counts={"n_responder": n_responder, "n_genes": n_genes},
        introduction=(
            f"data     {cohort.provenance}",
            f"cohort   {cohort.drug}: {len(cohort)} samples, {len(cohort) - n_responder} "
            f"non-responders, {n_responder} responders; {_parts(config, split)}; "
            f"{n_genes} of {len(cohort.genes)} {names_of_genes(cohort)}",
            *_measure_lines(config, cohort),
            _model_line(config),
        ),
        doubts=(
            *cohort.notes,
            *([doubt.text] if doubt else []),
            *doubts_before(config, cohort, split),
        ),
    )


def _core(config: TrainConfig) -> dict[str, str]:
    """Return what stands in the circuit's place, where that is not the model's own."""
    core = config.model.core
    return {} if core is None else {"core": str(core)}


def _parts(config: TrainConfig, split: Split) -> str:
    """Return how many samples are for what."""
    final = config.final
    if final is None:
        sizes = len(split.train), len(split.validation), len(split.test)
        return "{} train, {} validation, {} test".format(*sizes)
    return "all train" + (f", {final.folds} folds tell epochs and scores" * bool(final.folds))


def names_of_genes(cohort: Cohort) -> str:
    """Return what kind of names the genes have, as in ``600 genes`` or ``600 Entrez ids``."""
    kind = kind_of_names(cohort.genes)
    return "genes" if kind == SYMBOLS else f"genes ({kind.rstrip(',')})"


def _measure_lines(config: TrainConfig, cohort: Cohort) -> list[str]:
    """Return a line on what is learned, where that is not ln IC50."""
    measure = cohort.measure
    if measure == LN_IC50 and cohort.kinds is None:
        return []
    line = f"measure  {measure.title}, {measure.direction} is more sensitive"
    if measure.transform != "none":
        line += f", {measure.transform} taken"
    if cohort.kinds is not None:
        line += f"; residual without the training mean of each {config.data.residual_by}"
    return [line]


def _model_line(config: TrainConfig) -> str:
    model = config.model
    name = model.model if model.core is None else f"{model.model}, {model.core} core"
    if recipe_of(model).quantum:
        return (
            f"model    {name}, n1={model.n_qubits} n2={model.n_encoding} "
            f"n3={model.n_variational} on {config.backend}, seed {config.seed}"
        )
    return (
        f"model    {name}, {model.n_qubits * model.n_encoding} features, no circuit, "
        f"seed {config.seed}"
    )


def score_title(metrics: Mapping[str, Any]) -> str:
    """Return the title of the score table of a run, given its ``metrics.json``."""
    mark = ", SYNTHETIC DATA" if metrics["synthetic"] else ""
    kind, scores = scored_rows(metrics)
    if scores is None:
        return f"{metrics['drug']}, no {kind} samples{mark}"
    counts = f"{scores['n']} {kind} samples, {scores['n_responder']} responders"
    return f"{metrics['drug']}, {counts}{mark}"
