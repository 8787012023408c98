"""How long a user waits for the line that tells a typing error, beside ``import numpy, pandas``.

Run ``python benchmarks/typing_errors.py``, or give the Python of another installation to time that
one beside this: ``python benchmarks/typing_errors.py OTHER_PYTHON``. Medians of fresh processes
that take turns. Exits with 1 where a line of this installation takes longer than 1.5 s or three
times the imports.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

REPEATS = 3
"""Processes per row."""

MOST_SECONDS, MOST_IMPORTS = 1.5, 3.0
"""Limits: seconds, and times the imports."""

IMPORTS = ["-c", "import numpy, pandas"]

ERRORS = (
    "train --modle tanh",
    "train --epochs ten",
    "train --lr -1",
    "train --model modrated",
    "train --backend statevecter",
    "train --r pie/2",
    "train --data nowhere",
    "train --noise fake_torino",
    "evaluate nowhere",
    "depth --spec 4,2,1 --devices torino",
    "train --split nowhere.csv",
    "predict nowhere --data new.csv",
    "predict run --data new.csv",
    "validate run --data nowhere",
    "validate run --data run --direction lowr",
    "explain nowhere",
    "explain run --backend aer_noisy",
    "hub push run --repo you",
    "hub pull you/name --output run",
    "experiment cv --models modrated",
    "experiment cv --data nowhere",
    "experiment plan table1 --preset smok",
    "experiment noise-sensitivity --noise fake_torinoo",
)
"""Wrong options and numbers, unknown names, missing files, options that do not fit."""


def seconds(python: str, arguments: list[str], folder: str) -> float:
    """Return the wall-clock seconds of a fresh process."""
    start = perf_counter()
    subprocess.run([python, *arguments], check=False, capture_output=True, cwd=folder)
    return perf_counter() - start


def main() -> int:
    """Print the median of each case for each installation; return 1 where one is too slow."""
    pythons = [sys.executable, *sys.argv[1:]]
    cases = {"import numpy, pandas": IMPORTS}
    cases |= {f"qkdrp {words}": ["-m", "qkdrp", *words.split()] for words in ERRORS}
    times: dict[str, list[list[float]]] = {name: [[] for _ in pythons] for name in cases}
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        (run / "config.json").write_text("{}")  # looks like a run until it is read
        for _ in range(REPEATS):
            for name, arguments in cases.items():
                for found, python in zip(times[name], pythons, strict=True):
                    found.append(seconds(python, arguments, folder))
    medians = {name: [statistics.median(each) for each in found] for name, found in times.items()}
    for name, found in medians.items():
        print(f"{name:44s}" + "".join(f"{each:8.2f} s" for each in found))
    most = min(MOST_SECONDS, MOST_IMPORTS * medians["import numpy, pandas"][0])
    slowest = max(found[0] for found in medians.values())
    print(f"slowest {slowest:.2f} s, limit {most:.2f} s")
    return int(slowest > most)


if __name__ == "__main__":
    sys.exit(main())
