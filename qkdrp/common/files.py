"""Writing files so that every one appears whole or not at all."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and rename it when the block ends without error.

    Raises:
        OSError: If writing fails; it names ``path``, not the temporary one or none, as a full disk
            does.
    """
    temporary = path.with_name(f".{path.stem}-{uuid4().hex}{path.suffix}")
    try:
        temporary.touch(exist_ok=False)
        mode = temporary.stat().st_mode
        yield temporary
        temporary.chmod(mode)  # some writers narrow it
        temporary.replace(path)
    except OSError as error:
        if error.errno is None or error.filename not in {None, str(temporary)}:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Delete a file, if there is one, and what killed processes left of writing it.

    Nobody may be writing it meanwhile.
    """
    path.unlink(missing_ok=True)
    remove_half_written(path)


def remove_half_written(path: Path) -> None:
    """Delete what killed processes left of writing a file; nobody may be writing it meanwhile."""
    for left in path.parent.glob(f".{escape(path.stem)}-{'[0-9a-f]' * 32}{path.suffix}"):
        left.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their names into an existing folder."""
    for name, content in files.items():
        write_bytes(folder / name, content)


def write_text(path: Path, text: str) -> None:
    """Write text in UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> None:  # noqa: ANN401  # whatever json accepts
    """Write JSON that every parser reads: two spaces, no NaN."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def write_csv(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table without its index; numbers read back to the last bit."""
    with atomic(path) as temporary:
        frame.to_csv(temporary, index=False)
