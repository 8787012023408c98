"""How long users wait before anything happens: imports and help, medians of fresh processes.

Run ``python benchmarks/startup.py``.
"""

import statistics
import subprocess
import sys
from time import perf_counter

REPEATS = 7
"""Processes per row."""

HELP = "import sys; sys.argv = ['qkdrp', '--help']; from qkdrp.cli import main; main()"
NAMES = "import qkdrp; qkdrp.HybridRegressor; qkdrp.PQCSpec; qkdrp.load_cohort"

CASES = {
    "python": "pass",
    "import torch": "import torch",
    "import torch, qkdrp": "import torch, qkdrp",
    "import torch, every name of qkdrp": f"import torch; {NAMES}",
    "qkdrp --help": HELP,
}
"""What each process runs."""


def seconds(code: str) -> float:
    """Return the wall-clock seconds of a fresh process that runs ``code``."""
    start = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start


def main() -> None:
    """Print the median of each case, the cases taking turns."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(REPEATS):
        for name, code in CASES.items():
            times[name].append(seconds(code))
    for name, values in times.items():
        print(f"{name:36s} {statistics.median(values):6.2f} s")


if __name__ == "__main__":
    main()
