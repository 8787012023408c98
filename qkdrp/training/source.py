"""Whether a data source is there; imports nothing that takes time."""

from pathlib import Path

from qkdrp.common.errors import DataError
from qkdrp.common.names import closest
from qkdrp.training.run_config import SYNTHETIC


def check_source(source: str) -> None:
    """Refuse a data source that is not there.

    Args:
        source: ``"synthetic"`` or a folder.

    Raises:
        DataError: If there is no such folder; names the one that may be meant.
    """
    folder = Path(source)
    if source == SYNTHETIC or folder.is_dir():
        return
    parent = folder.parent
    beside = [each.name for each in parent.iterdir() if each.is_dir()] if parent.is_dir() else []
    like = closest(folder.name, [*beside, SYNTHETIC])
    meant = SYNTHETIC if like == SYNTHETIC else str(parent / (like or ""))
    raise DataError(
        f"{folder}: no such folder; give {SYNTHETIC!r} or a folder with data"
        + (f"; did you mean {meant!r}?" if like else ".")
    )
