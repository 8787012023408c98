"""How long tables of the real size take to be read, beside pandas, the readers taking turns.

Run ``python benchmarks/reading.py``; it writes a table of 160 MB into a temporary folder.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from qkdrp.systems.response.data.expression import clean_expression
from qkdrp.tables.frames import read_table

SAMPLES, GENES = 1000, 17_737
"""Size of the expression table of GDSC."""


def write_tables(folder: Path, genes: int) -> tuple[Path, Path]:
    """Write the same expression as CSV and as parquet; return both paths."""
    values = np.random.default_rng(0).normal(6, 2, (SAMPLES, genes)).round(6)
    table = pd.DataFrame(values, columns=[f"GENE{place}" for place in range(genes)])
    table.insert(0, "sample", [f"C{place:04d}" for place in range(SAMPLES)])
    paths = folder / "expression.csv", folder / "expression.parquet"
    table.to_csv(paths[0], index=False)
    table.to_parquet(paths[1])
    return paths


def read_checked(path: Path) -> pd.DataFrame:
    """Read and check an expression table, as training does."""
    return clean_expression(read_table(path, ids=("sample",)), path)


def main() -> None:
    """Print median seconds of processor time, and ratios to pandas."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, default=GENES)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        csv, parquet = write_tables(Path(folder), options.genes)
        readers = {
            "pandas, CSV": lambda: pd.read_csv(csv, index_col=0),
            "read and checked, CSV": lambda: read_checked(csv),
            "read and checked, parquet": lambda: read_checked(parquet),
        }
        times: dict[str, list[float]] = {name: [] for name in readers}
        for _ in range(options.repeats):
            for name, reader in readers.items():
                start = process_time()
                reader()
                times[name].append(process_time() - start)
    first = statistics.median(times["pandas, CSV"])
    for name, values in times.items():
        seconds = statistics.median(values)
        print(f"{name:30s} {seconds:6.2f} s {seconds / first:6.2f}")


if __name__ == "__main__":
    main()
