"""Folds of a cross-validation that are finished, in a file, so that none is trained twice."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from qkdrp.common.errors import RunError
from qkdrp.common.files import write_json
from qkdrp.common.stop_signals import held_back

FOLDS = "folds.json"
"""Name of the file in a run folder; deleted when the training is finished."""


class FinishedFolds:
    """What finished folds gave, by name.

    Args:
        path: The file; read where it is there.
        identity: What decides the numbers, as JSON; a file of another training is refused.
        on_error: Called when the file cannot be written; the training goes on.

    Attributes:
        seconds_before: Seconds that finished folds took before this process went on.

    Raises:
        RunError: If the file is damaged, or of another training.
    """

    def __init__(
        self,
        path: Path,
        identity: Mapping[str, Any],
        on_error: Callable[[OSError], None],
    ) -> None:
        self.path, self.on_error = path, on_error
        self._identity = json.loads(json.dumps(identity))
        self._found: dict[str, Any] = {}
        self.seconds_before = 0.0
        if path.is_file():
            self._read()
        self._start = perf_counter()

    def get(self, name: str) -> Any | None:  # noqa: ANN401  # whatever JSON holds
        """Return what a fold gave; None for one that is not finished."""
        return self._found.get(name)

    def put(self, name: str, found: Any) -> None:  # noqa: ANN401
        """Keep what a fold gave."""
        self._found[name] = found
        content = {
            "identity": self._identity,
            "found": self._found,
            "seconds": self.seconds_before + perf_counter() - self._start,
        }
        try:
            with held_back():
                write_json(self.path, content)
        except OSError as error:
            self.on_error(error)

    def delete(self) -> None:
        """Delete the file, if there is one."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> None:
        try:
            content = json.loads(self.path.read_text())
            identity, self._found = content["identity"], dict(content["found"])
            self.seconds_before = float(content["seconds"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise RunError(f"{self.path}: missing or damaged; train again.") from error
        if identity != self._identity:
            raise RunError(
                f"{self.path}: belongs to another training; restore what has changed, or train "
                "again."
            )
