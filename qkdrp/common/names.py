"""Names that are chosen from a list: the closest one, and the list, for messages."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_LISTED = 12
"""Names that a message lists before it cuts the list."""


def listed(names: Iterable[str]) -> str:
    """Return names with commas between; a long list is cut, and says how many there are."""
    known = list(names)
    if len(known) <= MOST_LISTED:
        return ", ".join(known)
    return f"{', '.join(known[:MOST_LISTED])}, ... ({len(known)} in all)"


def closest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like another one; None where none is much like it.

    Example:
        >>> closest("modrated", ["tanh", "moderated"])
        'moderated'
    """
    by_lower = {each.lower(): each for each in names}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def choose_one_of(name: str, names: Iterable[str]) -> str:
    """Return what to do about an unknown name: the known names, and the one that may be meant.

    Example:
        >>> choose_one_of("modrated", ["tanh", "moderated"])
        "choose one of tanh, moderated; did you mean 'moderated'?"
    """
    known = [str(each) for each in names]
    like = closest(name, known)
    return f"choose one of {listed(known)}" + (f"; did you mean {like!r}?" if like else ".")


def known_name(names: Iterable[str], given: str) -> str:
    """Return a name after checking it, for settings.

    Raises:
        ValueError: If it is not among the names; lists them.

    Example:
        >>> known_name(["tanh", "moderated"], "tanh")
        'tanh'
    """
    known = [str(each) for each in names]
    if given not in known:
        raise ValueError(choose_one_of(given, known))
    return given


def known_names(names: Iterable[str], given: tuple[str, ...]) -> tuple[str, ...]:
    """Return several names after checking them, for settings.

    Raises:
        ValueError: If one is not among the names; says which, and lists them.

    Example:
        >>> known_names(["tanh", "moderated"], ("tanh",))
        ('tanh',)
    """
    known = [str(each) for each in names]
    for name in given:
        if name not in known:
            raise ValueError(f"found {name!r}: {choose_one_of(name, known)}")
    return given
