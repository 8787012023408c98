"""What a system says of its models on their cards, beside numbers that every run has."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CardText:
    """Texts of a model card, in Markdown.

    Args:
        summary: What the model is and predicts, in a few sentences.
        uses: What it is meant for, one line each.
        limits: What it is not meant for, or not known to do, one line each.
        tags: Words by which a hub finds it.
        task: Kind of task in the words of the Hugging Face hub.
        target: Name of what is learned from, for the table of scores on a hub.
        rows: What the rows of its data are called.
    """

    summary: str
    uses: Sequence[str] = ()
    limits: Sequence[str] = ()
    tags: Sequence[str] = ()
    task: str = "tabular-regression"
    target: str = "the user's data"
    rows: str = "rows"
