"""One seed, independent streams."""

from zlib import crc32

import numpy as np


def derive_seed(seed: int, purpose: str) -> int:
    """Return a 32-bit seed for one purpose; different purposes give independent streams."""
    sequence = np.random.SeedSequence([seed, crc32(purpose.encode())])
    return int(sequence.generate_state(1)[0])
