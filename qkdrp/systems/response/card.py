"""What the model card of a model of the response says of drug, use and limits."""

from collections.abc import Mapping
from typing import Any

from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.training.card import CardText
from qkdrp.training.scored import scored_rows

FEW = 30
"""Responders among the test samples below which a card warns of wide intervals."""


def card_text(config: TrainConfig, metrics: Mapping[str, Any]) -> CardText:
    """Return the texts of a model card.

    Args:
        config: The settings of the run.
        metrics: Its ``metrics.json``.
    """
    drug, n_genes = metrics["drug"], metrics["n_genes"]
    quantum = recipe_of(config.model).quantum
    core = (
        f"a parameterised quantum circuit of {config.model.n_qubits} qubits"
        if quantum
        else "no quantum circuit"
    )
    return CardText(
        summary=(
            f"Predicts the response of tumour samples to {drug} from the expression of {n_genes} "
            f"genes: the natural logarithm of the IC50 in micromolar, normalised to (-1, 1) by "
            "`tanh((ln IC50 - mean) / sd)` with constants of the training samples. Lower is more "
            f"sensitive. The model `{config.model.model}` is an encoder with {core} behind it, "
            "after Ito et al. 2025 ([arXiv 2505.10037](https://arxiv.org/abs/2505.10037))."
        ),
        uses=(
            f"Research on the response to {drug}: ranking samples of the training platform from "
            "sensitive to resistant, and comparing models.",
            "Predictions for expression values on the scale of the training data, with the "
            "model's genes under the same names.",
        ),
        limits=_limits(drug, metrics),
        tags=("biology", "genomics", "drug-response", *(("quantum",) if quantum else ())),
        target=f"response to {drug}",
        rows="samples",
    )


def _limits(drug: str, metrics: Mapping[str, Any]) -> tuple[str, ...]:
    kind, scores = scored_rows(metrics)
    n_responder = (scores or {}).get("n_responder")
    few = n_responder is not None and n_responder < FEW
    return (
        "It is no medical device: no decision on a patient may rest on it.",
        f"It knows no other drug than {drug}, and no dose or schedule.",
        "Another laboratory or platform shifts expression values; scores of this card do not hold "
        "there before they are measured there.",
        "Its label is no clinical outcome.",
        *(
            (f"The {kind} samples hold {n_responder} responders: read the intervals, not the AUC.",)
            if few
            else ()
        ),
        *(
            ("It was trained on made-up numbers and predicts nothing real.",)
            if metrics["synthetic"]
            else ()
        ),
    )
