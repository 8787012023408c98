"""Two networks compared, in a sentence."""

from qkdrp.experiments.pkpd.cv.shown import Difference
from qkdrp.experiments.pkpd.networks.results import Results


def against(
    results: Results, left: str, right: str, endpoint: str = "PD", *, chosen: int = 1
) -> str:
    """Return how a network compares with another one, and whether that is established.

    Args:
        results: Of the study.
        left: Name of the one.
        right: Name of the other.
        endpoint: Of the errors.
        chosen: How many networks the one was the best of, on the same subjects.
    """
    found = results.difference(left, right, endpoint)
    if found is None:
        return f"{results.label(right)} is missing, so nothing is compared with it."
    more = f" It was chosen as the best of {chosen} on these subjects." if chosen > 1 else ""
    pair = f"{results.label(left)} against {results.label(right)}"
    return f"{pair}: {found.text()}; {verdict(found)}.{more}"


def verdict(found: Difference) -> str:
    """Return whether left is better, worse, or neither, with what could have been seen.

    Args:
        found: Left minus right.
    """
    if not found.told:
        return "too few subjects for a verdict"
    if found.established:
        return "worse" if found.established > 0 else "better"
    return f"no difference is established; one of {found.detectable:.3f} could have been seen"
