"""Where a run is: the check that a path is a run folder; imports nothing that takes time."""

from collections.abc import Sequence
from pathlib import Path

from qkdrp.common.errors import RunError
from qkdrp.common.names import closest, listed

CONFIG = "config.json"
"""The file that makes a folder a run folder."""

SETTINGS = "settings.json"
"""The file that makes a folder the parent of runs of one command."""


def run_paths(paths: Sequence[Path]) -> list[Path]:
    """Return run folders: those that are given, and all of a parent of runs of one command.

    The tables of such a parent, which ``PARENT/*`` names, too, are left out.

    Args:
        paths: Of run folders, or of parents.

    Raises:
        RunError: If a path is neither.
    """
    found = list[Path]()
    for path in paths:
        if (path / SETTINGS).is_file() and not (path / CONFIG).is_file():
            found += [path / name for name in _runs_in(path)]
        elif not (path.is_file() and (path.parent / SETTINGS).is_file()):
            check_run_path(path)
            found.append(path)
    if not found and paths:
        raise RunError(f"{paths[0]}: holds no run folder; give one.")
    return found


def check_run_path(path: Path) -> None:
    """Refuse a path that is no run folder.

    Raises:
        RunError: If so; names the runs that may be meant.
    """
    if (path / CONFIG).is_file():
        return
    if path.is_dir():
        inside = _runs_in(path)
        hint = f": it holds the runs {listed(inside)}; give one of them." if inside else "."
        raise RunError(f"{path}: is no run folder, {CONFIG} is missing{hint}")
    like = closest(path.name, _runs_in(path.parent))
    hint = f"; did you mean {path.parent / like}?" if like else "."
    raise RunError(f"{path}: is no run folder, it does not exist{hint}")


def _runs_in(folder: Path) -> list[str]:
    """Return the names of the runs in a folder, sorted."""
    if not folder.is_dir():
        return []
    return sorted(each.parent.name for each in folder.glob(f"*/{CONFIG}"))
