"""Two networks compared, in a sentence."""

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
    return f"{pair}: {found.text()}; {found.verdict}.{more}"
