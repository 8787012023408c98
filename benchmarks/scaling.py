"""What the exact engine costs against qubits, layers and batch, beside lightning.qubit.

The cost of a step, forward and backward, is also told per amplitude and rotation: a curve that is
level has no cliff. PennyLane takes the samples of a batch one after the other; so it gets some of
them, and its time is multiplied.
"""

from argparse import Namespace
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, NamedTuple

from peers import make_step, parse_size
from report import cells, ratios, save, summary, table
from turns import Task, Unavailable, Worker

from qkdrp.circuits import build_pqc

LIGHTNING = "lightning.qubit"

LAYERS = "2,1"
"""Encoding and variational layers where they do not vary."""

BATCH = 32
"""Samples where they do not vary."""

QUBITS = (8, 10, 12, 13, 14, 16, 18, 20)

MIDDLE = 14
"""Qubits where they do not vary."""

OTHER_LAYERS = ("1,1", "4,1", "4,4", "16,1")

OTHER_BATCHES = (1, 8, 128)

PEER_QUBITS = 16
"""The widest circuit that PennyLane gets."""

PEER_BATCH = 4
"""The largest batch that PennyLane gets."""

MS, NS = 1e-3, 1e-9

HEAD = ("circuit", "batch", "threads", "ms", "rounds", "ns per amplitude and rotation")


class Case(NamedTuple):
    """A circuit and a batch.

    Attributes:
        size: The circuit, as :func:`peers.parse_size` takes it.
        batch: Samples.
    """

    size: str
    batch: int

    @property
    def work(self) -> int:
        """Amplitudes times rotations times samples."""
        spec = parse_size(self.size)
        pqc = build_pqc(spec)
        return self.batch * (len(pqc.inputs) + len(pqc.weights)) << spec.n_qubits


CASES = {
    "qubits": [Case(f"{n},{LAYERS}", BATCH) for n in QUBITS],
    "layers": [Case(f"{MIDDLE},{layers}", BATCH) for layers in OTHER_LAYERS],
    "batch": [Case(f"{MIDDLE},{LAYERS}", batch) for batch in OTHER_BATCHES],
}
"""Cases by what varies."""


def measure(case: Case, threads: int, options: Namespace) -> dict[str, Any]:
    """Return a summary of seconds for ``engine``, and for ``before`` and lightning.qubit if there.

    All take turns, and each runs in a process of its own.
    """
    n_qubits, peer_batch = parse_size(case.size).n_qubits, min(case.batch, PEER_BATCH)
    clock = "process_time" if options.cpu else "perf_counter"
    here = Task(make_step, ("engine", *case), threads, clock=clock)
    tasks = {"engine": here}
    if options.before:
        tasks["before"] = replace(here, python=options.before)
    if n_qubits <= PEER_QUBITS:
        tasks[LIGHTNING] = replace(here, arguments=(LIGHTNING, case.size, peer_batch))
    found: dict[str, list[float]] = {}
    with ExitStack() as stack:
        workers = {}
        for name, task in tasks.items():
            try:
                workers[name] = stack.enter_context(Worker(task))
            except Unavailable:
                continue
        for _ in range(options.repeats):
            for name, worker in workers.items():
                seconds = worker.turn(options.seconds)
                times = case.batch / peer_batch if name == LIGHTNING else 1.0
                found.setdefault(name, []).append(seconds * times)
    return {name: summary(seconds) for name, seconds in found.items()}


def row(case: Case, threads: int, found: dict[str, Any]) -> list[str]:
    """Return the cells of a table."""
    ours = found["engine"]
    cost = summary([seconds / case.work for seconds in ours["rounds"]])
    text = [f"({case.size})", str(case.batch), str(threads), *cells(ours, MS), cells(cost, NS)[0]]
    for name in ("before", LIGHTNING):
        if name in found:
            text += [cells(found[name], MS)[0], *cells(ratios(found[name], ours))]
        else:
            text += [""] * 3
    return text


def print_scaling(options: Namespace) -> None:
    """Print, and save where asked to, a table for each thing that varies."""
    head = list(HEAD)
    for name in ("before", LIGHTNING):
        head += [f"{name}, ms", "ratio", "rounds"]
    results = []
    for what in options.scaling or CASES:
        rows = []
        for case in CASES[what]:
            for threads in options.threads:
                found = measure(case, threads, options)
                rows.append(row(case, threads, found))
                results.append(case._asdict() | {"threads": threads, "times": found})
                save(options, results)
        print(f"\nAgainst {what}\n\n{table(head, rows)}", flush=True)
