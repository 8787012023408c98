"""What a search over circuits and optimisers comes to, by validation loss."""

from collections.abc import Iterator, Sequence

from qkdrp.experiments.pairs.claims import Claim, best_by_validation, verdict_on
from qkdrp.experiments.pairs.contenders import HYBRID
from qkdrp.experiments.pairs.courses import VALIDATION_MSE
from qkdrp.experiments.pairs.differences import Difference, Tables, at, mean_of, untrained_of
from qkdrp.experiments.pairs.questions import MSE
from qkdrp.experiments.pairs.setups import Place


def grid_claims(tables: Tables, places: Sequence[Place]) -> Iterator[Claim]:
    """Yield how the paper's configuration stands among others.

    The configuration is chosen by the validation loss; its test error is looked at afterwards.

    Args:
        tables: Of the study.
        places: Where networks were compared.
    """
    for place in places:
        best = best_by_validation(tables, place)
        if best is None:
            continue
        scores = at(tables["scores"], place)
        losses = scores[scores["score"] == VALIDATION_MSE].set_index("model")["mean"]
        claim = "the paper's configuration is the best of the search"
        if best == HYBRID:
            shown = f"smallest validation MSE of {len(losses)}: {losses[HYBRID]:.4g}"
            short = untrained_of(tables, place, losses.index)
            verdict = (
                f"No verdict: stopped by the limit of epochs ({', '.join(short)})"
                if short
                else "Agrees"
            )
            yield Claim("paper", claim, place.title, shown, verdict)
            continue
        if HYBRID not in losses:
            continue
        rank = 1 + int((losses < losses[HYBRID]).sum())
        shown = (
            f"by validation MSE it is number {rank} of {len(losses)} ({losses[HYBRID]:.4g}); the "
            f"best is {best} ({losses[best]:.4g}), whose test MSE is "
            f"{mean_of(tables, place, best, MSE):.4g}"
        )
        found = Difference.of(tables, place, HYBRID, best, VALIDATION_MSE)
        verdict = "No verdict: too few seeds"
        if found is not None:
            shown += f"; paper's against best {found.relative()}, {found.tested()}"
            verdict = verdict_on(found)
        yield Claim("paper", claim, place.title, shown, verdict)
