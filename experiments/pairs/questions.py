"""What is asked of two networks: the claims of the paper, and our questions."""

from collections.abc import Sequence
from dataclasses import dataclass

from qkdrp.experiments.pairs.contenders import CLASSICAL, HYBRID, MODERATED, MODERATED_FROZEN
from qkdrp.experiments.pairs.courses import SWING

MSE = "mse"
"""Name of the score that networks are trained for."""


@dataclass(frozen=True)
class Question:
    """A claim that one network is better than another by one score, where low is better.

    Args:
        source: ``paper``, or ``ours``.
        claim: What is claimed.
        left: The network that is claimed to be better.
        right: The other.
        score: By which.
    """

    source: str
    claim: str
    left: str
    right: str
    score: str = MSE


QUESTIONS: Sequence[Question] = (
    Question("paper", "the hybrid network has a 15% lower test MSE", HYBRID, CLASSICAL),
    Question(
        "ours",
        "so it has where the classical analogue ends with scale and offset, too",
        HYBRID,
        "classical-affine",
    ),
    Question("paper", "its training is steadier", HYBRID, CLASSICAL, SWING),
    Question("paper", "entanglement is what helps", HYBRID, "product"),
    Question("ours", "training the circuit's weights helps", HYBRID, "frozen"),
    Question("ours", "the circuit is better than as many dense weights", HYBRID, "dense"),
    Question("ours", "the circuit is better than one linear layer", HYBRID, "linear"),
    Question("ours", "bounding the angles by r tanh(phi/a) helps", MODERATED, HYBRID),
    Question("ours", "with bounded angles the hybrid has a lower MSE", MODERATED, CLASSICAL),
    Question("ours", "with bounded angles its training is steadier", MODERATED, CLASSICAL, SWING),
    *(
        Question("ours", f"behind bounded angles {what}", MODERATED, other)
        for what, other in (
            ("entanglement helps", "moderated-product"),
            ("training the circuit's weights helps", MODERATED_FROZEN),
            ("the circuit is better than as many dense weights", "moderated-dense"),
            ("a circuit is better than none", "squashed"),
        )
    ),
)
"""What is asked at every place that has both networks."""
