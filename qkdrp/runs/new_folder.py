"""Folders for results: new or empty, nobody else's, and given back as they were found."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from qkdrp.common.errors import RunError


def refuse_taken(wanted: Path | None) -> None:
    """Raise a :class:`RunError` if a wanted folder is a file or holds something already."""
    if (
        wanted is not None
        and wanted.exists()
        and not (wanted.is_dir() and not any(wanted.iterdir()))
    ):
        raise RunError(f"{wanted}: already there; give --output a new folder.")


@dataclass(frozen=True)
class NewFolder:
    """A folder that is there, was empty, and belongs to one process.

    Args:
        path: The folder.
        made: Folders that were made for it, innermost first; nothing where it was there before.
    """

    path: Path
    made: tuple[Path, ...]

    @classmethod
    def claim(cls, wanted: Path | None, default: Path) -> "NewFolder":
        """Make a new folder that nobody else has.

        Args:
            wanted: What the user asked for; may be there if it is empty.
            default: Where nothing was asked for; gets a number if it is taken.

        Raises:
            RunError: If the wanted folder is a file or holds something already.
        """
        if wanted is not None:
            refuse_taken(wanted)
            made = missing(wanted)
            wanted.mkdir(parents=True, exist_ok=True)
            return cls(wanted, made)
        for number in count(1):
            path = default if number == 1 else default.with_name(f"{default.name}-{number}")
            made = missing(path)
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            return cls(path, made)
        raise AssertionError("count() never ends")

    def give_back(self, names: Iterable[str]) -> None:
        """Delete files of the given names, and the folders that were made if they are empty then.

        A folder that the user made stays, empty as it was. What cannot be deleted stays, too.
        """
        with suppress(OSError):
            for name in names:
                (self.path / name).unlink(missing_ok=True)
            for folder in self.made:
                folder.rmdir()


def missing(path: Path) -> tuple[Path, ...]:
    """Return the folders that are to be made for a path, innermost first."""
    return tuple(folder for folder in (path, *path.parents) if not folder.exists())


def claim_folder(wanted: Path | None, default: Path) -> Path:
    """Return the path of :meth:`NewFolder.claim`, for folders that are never given back."""
    return NewFolder.claim(wanted, default).path
