"""A wide and deep circuit, one sample, forward and backward: time and memory.

The time of a step, divided by its rotations, is compared with ``np.copyto`` of a state vector;
both take turns. Memory is the largest resident size that a fresh process ever had, above what it
had with everything imported, and above what it had after a step of an 18-qubit circuit, which
takes the same way and has loaded the kernels.

Run ``python benchmarks/wide.py``, twice if the kernels have not been compiled before: compiling
takes memory, too.
"""

import resource
import sys
from contextlib import ExitStack
from typing import Any

import numpy as np
import psutil
from peers import OURS, parse_size
from peers import make_step as make_layer_step
from report import cells, parser_of, ratios, save, summary, table
from turns import Step, Task, Worker

from qkdrp.circuits import build_pqc

SIZES = ("20,10,8", "20,48,1")
"""Circuits of 98 and 97 layers: encoding layers, and one block more of variational ones."""

WARM_UP = "18,1,1"
"""The smallest circuit whose state all threads share."""

BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024

MS, MB = 1e-3, 1e6


def layer_step(size: str) -> Step:
    """Return a step of the layer; what it returns is how far memory has risen, in bytes."""
    process = psutil.Process()
    imported = process.memory_info().rss
    make_layer_step(OURS, WARM_UP, 1)()
    loaded = process.memory_info().rss
    layer = make_layer_step(OURS, size, 1)

    def step() -> tuple[int, int]:
        layer()
        # Never less than what the parent had when it began this process, which is less than this.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_OF_MAXRSS
        return peak - imported, peak - loaded

    return step


def copy_step(n_qubits: int) -> Step:
    """Return a step that copies a state vector."""
    state = np.zeros(1 << n_qubits, np.complex128)
    copy = np.ones_like(state)

    def step() -> tuple[()]:
        np.copyto(copy, state)
        return ()

    return step


def measure(size: str, threads: int, repeats: int, seconds: float) -> dict[str, Any]:
    """Return seconds of a step and of a copy, rotations, and bytes above both beginnings."""
    spec = parse_size(size)
    pqc = build_pqc(spec)
    tasks = Task(layer_step, (size,), threads), Task(copy_step, (spec.n_qubits,), threads)
    with ExitStack() as stack:
        layer, copy = (stack.enter_context(Worker(task)) for task in tasks)
        turns = [(layer.turn(seconds), copy.turn(seconds)) for _ in range(repeats)]
    steps, copies = zip(*turns, strict=True)
    above_imports, above_kernels = (float(found) for found in layer.results)
    return {
        "circuit": size,
        "threads": threads,
        "rotations": len(pqc.inputs) + len(pqc.weights),
        "state_bytes": 16 << spec.n_qubits,
        "step": summary(steps),
        "copy": summary(copies),
        "bytes_above_imports": above_imports,
        "bytes_above_kernels": above_kernels,
    }


def time_row(found: dict[str, Any]) -> list[str]:
    """Return the cells of the table of times."""
    each = summary([seconds / found["rotations"] for seconds in found["step"]["rounds"]])
    copy = cells(found["copy"], MS)[0]
    times = *cells(found["step"]), cells(each, MS)[0], copy, *cells(ratios(each, found["copy"]))
    return [f"({found['circuit']})", str(found["threads"]), str(found["rotations"]), *times]


def memory_row(found: dict[str, Any]) -> list[str]:
    """Return the cells of the table of memory."""
    row = [f"({found['circuit']})", str(found["threads"])]
    for start in ("imports", "kernels"):
        above = found[f"bytes_above_{start}"]
        row += [f"{above / MB:.0f}", f"{above / found['state_bytes']:.2f}"]
    return row


def main() -> None:
    """Print, and save where asked to, times and memory."""
    parser = parser_of(__doc__)
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="circuits of 18 qubits or more")
    parser.add_argument("--seconds", type=float, default=0.3, help="of a turn (%(default)s)")
    options = parser.parse_args()
    results = [
        measure(size, threads, options.repeats, options.seconds)
        for size in options.sizes
        for threads in options.threads
    ]
    head = ["circuit", "threads", "rotations", "s", "rounds", "ms per rotation", "copy, ms"]
    print(table([*head, "ratio", "rounds"], [time_row(found) for found in results]))
    head = ["circuit", "threads", "MB above imports", "states", "MB above kernels", "states"]
    print(f"\n{table(head, [memory_row(found) for found in results])}")
    save(options, results)


if __name__ == "__main__":
    main()
