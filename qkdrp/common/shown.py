"""Values of users as messages show them."""

from typing import Any

LONGEST = 40
"""Characters of a text that a message shows before it cuts the text."""

BLANKS = ("<NA>", "nan", "NaT", "None")
"""What Python calls a cell that holds nothing."""


def shown(value: Any) -> str:  # noqa: ANN401  # whatever a user gives
    """Return a value as a message shows it: text in quotes, numbers as Python writes them.

    The scalars of numpy and pandas write their types beside their values; a user's table holds
    none of these.

    Example:
        >>> import numpy as np
        >>> shown(np.int64(0)), shown(np.str_("S")), shown(2.5)
        ('0', "'S'", '2.5')
    """
    plain = value.item() if getattr(value, "ndim", None) == 0 else value
    if isinstance(plain, str) and len(plain) > LONGEST:
        plain = plain[:LONGEST] + "..."
    return repr(plain)


def shown_cell(value: Any) -> str:  # noqa: ANN401  # whatever a cell holds
    """Return what a cell of a table holds, as a message shows it.

    Example:
        >>> shown_cell(float("nan")), shown_cell("x")
        ('nothing', "'x'")
    """
    return "nothing" if str(value) in BLANKS and not isinstance(value, str) else shown(value)
