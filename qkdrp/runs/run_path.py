"""Paths and names that commands take, checked before anything that takes time is imported."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from qkdrp.common.errors import DataError, RunError
from qkdrp.common.names import closest, listed
from qkdrp.training.run_config import DEFAULT_SYSTEM, SYNTHETIC

CONFIG = "config.json"
"""The file that makes a folder a run folder."""

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
"""Name of a repository on the hub."""

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


def system_name(path: Path) -> str:
    """Return the name of the system of a run, without importing it.

    Args:
        path: A run folder.

    Raises:
        RunError: If it is none, or damaged.
    """
    check_run_path(path)
    try:
        content = json.loads((path / CONFIG).read_text())
        return str(content.get("system", DEFAULT_SYSTEM))
    except (OSError, ValueError, AttributeError) as error:
        raise RunError(
            f"{path / CONFIG}: missing or damaged; copy the run once more, or train it again."
        ) from error


def check_samples_path(source: str | None, option: str = "data") -> None:
    """Refuse new samples that are not there.

    Args:
        source: ``"synthetic"``, a folder or a file; None where there is none.
        option: That names it; any but ``data`` takes files only.

    Raises:
        DataError: If there is no such folder or file; names the one that may be meant.
    """
    if source is None or source == SYNTHETIC or (path := Path(source)).exists():
        return
    beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    like = closest(path.name, beside)
    wanted = "a table or a folder" if option == "data" else "a table"
    hint = f"; did you mean {path.parent / like}?" if like else f"; give --{option} {wanted}."
    raise DataError(f"{path}: no such file or folder{hint}")


def check_hub_name(name: str) -> None:
    """Refuse a name that no repository on the hub can have.

    Raises:
        RunError: If it is not ``USER/NAME``.
    """
    if not HUB_NAME.fullmatch(name):
        raise RunError(f"{name!r}: expected a name on the hub as USER/NAME.")


def _runs_in(folder: Path) -> list[str]:
    """Return the names of the runs in a folder, sorted."""
    if not folder.is_dir():
        return []
    return sorted(each.parent.name for each in folder.glob(f"*/{CONFIG}"))
