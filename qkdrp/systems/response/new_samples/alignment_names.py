"""Names of alignments; imports nothing that takes time."""

from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.training.new_sample_settings import NONE

CENTER, STANDARDISE, QUANTILE = "center", "standardise", "quantile"
ALIGNMENT_NAMES = (NONE, CENTER, STANDARDISE, QUANTILE)
"""The constants of training; means, means and spreads, or all quantiles of each gene made those of
the training samples."""


def check_alignment(name: str, *others: str) -> None:
    """Refuse a name that is none.

    Args:
        name: One of :data:`ALIGNMENT_NAMES`.
        *others: What else could have been said, for the message.

    Raises:
        ConfigError: Names all.
    """
    if name not in ALIGNMENT_NAMES:
        raise ConfigError(f"align = {name!r}: {choose_one_of(name, (*others, *ALIGNMENT_NAMES))}")
