"""How long the first step takes: with nothing compiled, and in later processes.

Each row is a fresh process that imports what it needs, makes a QNN and a layer, and takes a step
forward and backward; first with an empty folder for Numba's cache, then with what that process
left. The last column is what a user waits behind the imports.

Run ``python benchmarks/first_call.py``.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import joblib
from report import THREAD_VARIABLES, cells, parser_of, save, summary, table

PARTS = ("imports", "backend", "layer", "step")
"""What a process spends its time on, in order; making a backend imports what it is made of."""

CODE = """
import json
from time import perf_counter
times = [perf_counter()]
import torch
from qkdrp import PQCSpec, QuantumLayer, build_pqc, get_backend
times.append(perf_counter())
backend = get_backend({backend!r})
times.append(perf_counter())
qnn = backend.qnn(build_pqc(PQCSpec({size})))
layer = QuantumLayer(qnn)
times.append(perf_counter())
layer(torch.zeros(128, qnn.num_inputs, requires_grad=True)).sum().backward()
times.append(perf_counter())
print(json.dumps([after - before for before, after in zip(times, times[1:])]))
"""
"""What each process runs."""


def seconds(options: dict[str, Any], threads: int, cache: str) -> list[float]:
    """Return the seconds that a fresh process spends on each of :data:`PARTS`."""
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
    found = subprocess.run(
        [sys.executable, "-c", CODE.format(**options)],
        check=True,
        stdout=subprocess.PIPE,
        env=environment | {"NUMBA_CACHE_DIR": cache},
    )
    times: list[float] = json.loads(found.stdout)
    return times


def parts(processes: list[list[float]]) -> dict[str, Any]:
    """Return a summary of each part, and of what is behind the imports."""
    found = dict(zip(PARTS, map(summary, zip(*processes, strict=True)), strict=True))
    return found | {"behind the imports": summary([sum(times[1:]) for times in processes])}


def main() -> None:
    """Print, and save where asked to, the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--sizes", nargs="+", default=["4,2,1"], help="circuits")
    parser.add_argument("--backends", nargs="+", default=["statevector", "aer_exact"])
    parser.add_argument("--compilations", type=int, default=3, help="empty caches (%(default)s)")
    parser.set_defaults(threads=[joblib.cpu_count()])
    options = parser.parse_args()
    later = -(-options.repeats // options.compilations)
    results, rows = [], []
    for size, backend, threads in itertools.product(
        options.sizes, options.backends, options.threads
    ):
        case = {"size": size, "backend": backend}
        empty, filled = [], []
        for _ in range(options.compilations):
            with tempfile.TemporaryDirectory() as cache:
                empty.append(seconds(case, threads, cache))
                filled += [seconds(case, threads, cache) for _ in range(later)]
        for state, processes in (("empty", empty), ("filled", filled)):
            found = parts(processes)
            results.append(case | {"threads": threads, "cache": state} | found)
            text = [cell for part in found.values() for cell in cells(part)]
            rows.append([backend, f"({size})", str(threads), state, *text])
    head = [cell for part in found for cell in (f"{part}, s", "of processes")]
    print(table(["backend", "circuit", "threads", "cache", *head], rows))
    save(options, results)


if __name__ == "__main__":
    main()
