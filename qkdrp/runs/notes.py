"""What the user should know of a training, in words: in ``metrics.json``, and printed."""

from qkdrp.runs.folder import Run
from qkdrp.runs.prepare import Prepared


def notes_of(run: Run, prepared: Prepared) -> list[str]:
    """Return one line for each thing that makes results doubtful, with the option that helps.

    Args:
        run: The trained model.
        prepared: What it was trained from.
    """
    return [*prepared.doubts, *run.system.doubts(run, prepared.part("train"))]
