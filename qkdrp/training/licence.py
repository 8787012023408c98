"""What a data folder says of its licence; imports nothing that takes time."""

import re
from pathlib import Path

LICENCES = ("LICENSE", "LICENCE", "COPYING")
"""What a file that tells the licence may be called, whatever its ending."""

READMES = ("README",)
"""Files that may tell it in a line that begins with the word, such as ``License: CC BY 4.0``."""

LONGEST = 200
"""Characters of a licence that are quoted."""

_FIELD = re.compile(r"^[\s#*_>-]*licen[cs]es?\b[\s*_]*[:.]?[\s*_]*(.*)$", re.IGNORECASE)


def licence_in(folder: Path) -> str:
    """Return what a folder says of its licence, and which file says it; empty where none does.

    The first line of a file ``LICENSE`` comes first, then a line of a README that begins with the
    word licence, or the line after one that is nothing else.

    Args:
        folder: The folder; need not be there.
    """
    for names, find in ((LICENCES, _first_line), (READMES, _field)):
        try:
            paths = sorted(each for each in folder.iterdir() if each.stem.upper() in names)
            told = [(find(path.read_text()), path.name) for path in paths if path.is_file()]
        except (OSError, ValueError):
            continue
        for text, name in told:
            if text:
                return f"{text[:LONGEST]} (`{name}` of the data folder)"
    return ""


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _field(text: str) -> str:
    """Return what stands after the word licence at the beginning of a line, or below it."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = _FIELD.match(line)
        if found:
            return found[1].strip().rstrip("*_ ") or _first_line("\n".join(lines[number + 1 :]))
    return ""
