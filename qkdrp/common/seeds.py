"""One seed, independent streams."""

from zlib import crc32


def derive_seed(seed: int, purpose: str) -> int:
    """Return a 32-bit seed for one purpose; different purposes give independent streams."""
    import numpy as np  # the command line reads names of settings, and draws nothing

    sequence = np.random.SeedSequence([seed, crc32(purpose.encode())])
    return int(sequence.generate_state(1)[0])
