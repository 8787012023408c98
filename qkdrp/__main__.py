"""``python -m qkdrp``: the same as ``qkdrp``."""

from qkdrp.cli import main

if __name__ == "__main__":
    main()
