"""``python -m qkdrp.train``: the same as ``qkdrp train``."""

import sys

from qkdrp.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
