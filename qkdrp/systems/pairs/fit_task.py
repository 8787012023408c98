"""How models of pairs are trained: squared error, early stopping on the validation loss."""

from collections.abc import Mapping

import torch
from torch import nn

from qkdrp.systems.pairs.branch_centring import centre_branches
from qkdrp.systems.pairs.model import PairModel
from qkdrp.systems.pairs.spread import DRUG_SD, LINE_SD
from qkdrp.training.centring import centre_head
from qkdrp.training.config import FitConfig
from qkdrp.training.epoch import Fit
from qkdrp.training.rows import Rows
from qkdrp.training.task import OnPreparing, RegressionTask, untold

PREDICTION_SD = "prediction_sd"
"""Standard deviation of validation predictions: a model that predicts the mean shows there."""

COLLAPSED = 1e-5
"""Standard deviation at which predictions, or outputs of a branch, are the same for all."""

_HELP = "another --seed or a lower --lr may"

COLLAPSES: Mapping[str, str] = {
    PREDICTION_SD: "the model predicts the same for every validation pair, so it has learned "
    "nothing; another --seed, a lower --lr or --normalisation moderated may",
    LINE_SD: f"the model does not tell cell lines apart: their branch has died; {_HELP} help",
    DRUG_SD: f"the model does not tell drugs apart: their branch has died; {_HELP} help",
}
"""What is told where a spread is gone, by its name in the history."""

CENTRED_ON = 5000
"""Pairs that the start of a head is centred on."""


class PairsTask(RegressionTask):
    """Mean squared error of the target.

    Args:
        seed: Of torch's global generator, which dropout draws from; None leaves it as it is.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def before_training(
        self,
        model: nn.Module,
        train: Rows,
        config: FitConfig,
        told: OnPreparing = untold,  # noqa: ARG002
    ) -> None:
        """Seed dropout, and start where the mean prediction is the mean target."""
        if self.seed is not None:
            torch.manual_seed(self.seed)
        if not config.centre_head or not isinstance(model, PairModel):
            return
        if isinstance(model.head, nn.Linear):
            centre_head(model, model.head, train, CENTRED_ON)
        else:
            centre_branches(model, train, CENTRED_ON)

    def measure(self, prediction: torch.Tensor, rows: Rows) -> Mapping[str, float]:  # noqa: ARG002
        """Return the standard deviation of predictions."""
        return {PREDICTION_SD: float(prediction.std(correction=0))}


def collapse_doubts(fit: Fit | None) -> list[str]:
    """Return, a line each, what is the same for every pair: predictions, or a branch's outputs.

    Args:
        fit: The course of its training; None where that is not known.
    """
    if fit is None or not fit.epochs:
        return []
    best = fit.epochs[fit.best_epoch - 1]
    spreads = {name: best.value(name) for name in COLLAPSES}
    gone = [name for name, each in spreads.items() if each is not None and each <= COLLAPSED]
    return [COLLAPSES[name] for name in (gone if PREDICTION_SD not in gone else gone[:1])]
