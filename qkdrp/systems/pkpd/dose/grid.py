"""The step of doses where none is asked for: small beside the doses of the trial."""

import math

from qkdrp.systems.pkpd.data.trial import Trial

USUAL = 0.5
"""Step where a trial has no doses: that of the Quantum Innovation Challenge, mg."""

ROUND = (5.0, 2.0, 1.0)
"""Leading digits of a step."""


def grid_of(trial: Trial) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten up to half of the smallest dose level.

    Args:
        trial: Its dose levels are in mg, and so is the step: 0.5 for levels of 1, 3 and 10.
    """
    levels = trial.dose_levels()
    if not (levels > 0).any():
        return USUAL
    half = float(levels[levels > 0].min()) / 2
    power = 10.0 ** math.floor(math.log10(half))
    leading = next((each for each in ROUND if each * power <= half * (1 + 1e-9)), 1.0)
    return float(f"{leading * power:.1g}")
