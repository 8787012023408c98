"""What makes a training of the response doubtful, a line each with the option that helps."""

from collections.abc import Iterator

import torch
from torch import nn

from qkdrp.backends import get_backend
from qkdrp.common.seeds import derive_seed
from qkdrp.nn.hybrid import HybridModel
from qkdrp.nn.moderated_tanh import ModeratedTanh
from qkdrp.systems.response.config import FitConfig, TrainConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.systems.response.recipes import build_model
from qkdrp.systems.response.rows import rows_of
from qkdrp.training.split import Split
from qkdrp.training.trained import Trained

LEAST_OF_A_CLASS = 5
"""Test samples of a class below which scores say little."""

EDGE, MOST_AT_THE_EDGE = 0.9, 0.5
"""Share of r beyond which an angle is at the edge, and the doubtful share of such angles."""

LEAST_SPREAD = 0.1
"""Standard deviation of angles, as a share of r, below which the circuit sees nearly one point."""

LEAST_MOVE = 0.05
"""Radians that some weight of a circuit moves by in a training that trains it."""

TRAINS = "--lr 1e-3 --patience 10 --monitor loss"
"""Settings with which models train on the data that were tried. The AUC of few validation samples
is best by chance after an epoch or two, so a training that watches it mostly ends too early."""


def doubts_before(config: TrainConfig, cohort: Cohort, split: Split) -> Iterator[str]:
    """Yield what is doubtful before training: the paper's defaults, and few test samples."""
    defaults = FitConfig()
    if (config.fit.lr, config.fit.patience) == (defaults.lr, defaults.patience):
        yield (
            f"lr {defaults.lr:g} and patience {defaults.patience} are the paper's and hardly "
            f"train here; {TRAINS} trains"
        )
    if config.final is not None:
        return
    test = cohort.select(split.test)
    n_responder = int(test.responder.sum())
    least = min(n_responder, len(test) - n_responder)
    if least < LEAST_OF_A_CLASS:
        what = "responders" if n_responder == least else "non-responders"
        yield (
            f"the test part holds {least} {what} of {len(test)} samples, so its AUC says little; "
            "--stratify-test balances it, qkdrp experiment cv scores all samples"
        )


def doubts_after(trained: Trained[TrainConfig, Preprocessor], train: Cohort) -> Iterator[str]:
    """Yield what is doubtful of a trained model: its angles, and the weights of its circuit."""
    model = trained.model
    if not isinstance(model, HybridModel):
        return
    if isinstance(model.normalisation, ModeratedTanh):
        (genes,) = rows_of(trained.preprocessor, train).inputs
        advice = _what_trains(trained.config.fit)
        yield from _of_angles(model.embed(genes)[1], model.normalisation, advice)
    if recipe_of(trained.config.model).quantum:
        yield from _of_weights(trained, model.core)


def _what_trains(fit: FitConfig) -> str:
    """Return the settings that a training lacked; others where it had those of :data:`TRAINS`."""
    there = fit.lr >= 1e-3 and fit.patience >= 10 and fit.monitor == "loss"
    return "a higher --lr or more --patience" if there else TRAINS


def _of_angles(angles: torch.Tensor, normalisation: ModeratedTanh, advice: str) -> Iterator[str]:
    """Yield whether angles crowd at the edge of their range, or around one value.

    Args:
        angles: Shape (n_samples, n_features).
        normalisation: Gives a and r.
        advice: Settings of a training that spreads them.
    """
    a, r = normalisation.a, normalisation.r
    at_the_edge = float((angles.abs() > EDGE * r).double().mean())
    spread = float(angles.double().std(dim=0, unbiased=False).mean())
    if at_the_edge > MOST_AT_THE_EDGE:
        yield (
            f"{at_the_edge:.0%} of the angles are beyond {EDGE:g} r, where the tanh is flat; "
            f"a larger --a than {a:g} spreads them"
        )
    if spread < LEAST_SPREAD * r:
        yield (
            f"angles spread by {spread / r:.2g} r only, so the circuit sees nearly the same for "
            f"every sample; a smaller --a than {a:g}, or {advice}, spreads them"
        )


def _of_weights(trained: Trained[TrainConfig, Preprocessor], core: nn.Module) -> Iterator[str]:
    """Yield whether the weights of the circuit are nearly where they began."""
    weights = [each for each in core.parameters() if each.requires_grad]
    if not weights:
        return
    config, n_genes = trained.config, len(trained.preprocessor.transform.genes)
    with get_backend("statevector") as backend:
        fresh = build_model(config.model, n_genes, backend, derive_seed(config.seed, "weights"))
    begun = [each for each in fresh.core.parameters() if each.requires_grad]
    moved = max(
        float((now - then).detach().abs().max()) for now, then in zip(weights, begun, strict=True)
    )
    if moved < LEAST_MOVE:
        yield (
            f"no weight of the circuit moved by more than {moved:.2g} rad in training, so the "
            f"circuit is nearly as random as it began; {_what_trains(config.fit)} trains it"
        )
