"""The quantum layer beside what users could pick instead: forward and backward, side by side.

Each peer computes all expectation values of the circuit for a batch, and the gradients of their
sum by inputs and weights, in processes of its own, one for each number of threads. They take
turns; in its turn a peer steps until ``--seconds`` are over, once at least, after one step to warm
up. The table shows medians over rounds; ratios are taken within a round, to qkdrp with the most
threads, and are shown with the least and the largest. Beside them run nothing but multiply-adds,
and say how far the layer is from what this machine could do.

Run ``python benchmarks/pqc_layer.py --sizes 4,2,1 8,2,1 8,4,4``; a fourth field is the readout, as
in ``8,32,5,single``. A peer that is not installed is left out with a word; one whose numbers
differ from ours is an error. Stock ``EstimatorQNN`` takes minutes even for ``--batch 8``, and
PennyLane compiled by JAX takes many at the largest size: both are asked for by ``--peers``.

With ``--scaling`` it prints what the exact engine costs against qubits, layers and batch, beside
lightning.qubit, and beside another version of qkdrp where ``--before`` names the interpreter of an
environment that has it. ``--cpu`` takes CPU seconds, for machines that others use.
"""

import sys
from argparse import Namespace
from contextlib import ExitStack
from typing import Any

import numpy as np
from floor import floors
from peak import peak_step, peak_work
from peers import ON_REQUEST, OURS, PEERS, make_step, parse_size
from report import cells, parser_of, ratios, save, summary, table
from scaling import CASES, print_scaling
from turns import Task, Unavailable, Worker

PEAK = "peak"

MS = 1e-3

Key = tuple[str, int]
"""Name of a peer, or :data:`PEAK`, and threads."""


def open_workers(size: str, options: Namespace, stack: ExitStack) -> dict[Key, Worker]:
    """Begin all processes, one after the other, and check what their first steps found."""
    workers: dict[Key, Worker] = {}
    reference: list[np.ndarray] = []
    for name in options.peers:
        for threads in options.threads:
            try:
                task = Task(make_step, (name, size, options.batch), threads)
                worker = stack.enter_context(Worker(task))
            except Unavailable as error:
                print(f"left out: {PEERS[name].label} ({error})", file=sys.stderr)
                break
            reference = reference or worker.results
            _check(name, reference, worker.results)
            workers[name, threads] = worker
    for threads in options.threads:
        task = Task(peak_step, (threads,), threads)
        workers[PEAK, threads] = stack.enter_context(Worker(task))
    return workers


def _check(name: str, reference: list[np.ndarray], found: list[np.ndarray]) -> None:
    for what, left, right in zip(
        ("values", "by inputs", "by weights"), reference, found, strict=True
    ):
        off = float(np.abs(left - right).max() / max(1.0, np.abs(left).max()))
        if off > PEERS[name].tolerance:
            raise RuntimeError(
                f"{PEERS[name].label}: {what} differ from the first peer's, {off:.1g}"
            )


def measure(size: str, options: Namespace) -> dict[Key, dict[str, Any]]:
    """Return seconds of the first step and of all rounds, by peer and threads."""
    with ExitStack() as stack:
        workers = open_workers(size, options, stack)
        turns: dict[Key, list[float]] = {key: [] for key in workers}
        for _ in range(options.repeats):
            for key, worker in workers.items():
                turns[key].append(worker.turn(options.seconds))
    return {key: {"first": workers[key].first} | summary(turns[key]) for key in workers}


def peer_table(found: dict[Key, dict[str, Any]]) -> str:
    """Return times, and ratios to :func:`base_of`."""
    base = found[base_of(found)]
    rows = [
        [
            PEERS[name].label,
            str(threads),
            *cells(times, MS),
            *cells(ratios(times, base)),
            f"{times['first']:.1f}",
        ]
        for (name, threads), times in found.items()
        if name != PEAK
    ]
    return table(["peer", "threads", "ms", "rounds", "ratio", "rounds", "first step, s"], rows)


def base_of(found: dict[Key, dict[str, Any]]) -> Key:
    """Return the first peer, which is qkdrp unless others were asked for, with all threads."""
    first = next(iter(found))[0]
    return max(key for key in found if key[0] == first)


def floor_table(size: str, batch: int, found: dict[Key, dict[str, Any]]) -> str:
    """Return how far from the peak the exact engine is, for each number of threads."""
    rows = []
    for threads in (threads for name, threads in found if name == OURS):
        peak, ours = found[PEAK, threads], found[OURS, threads]
        for way, work in floors(parse_size(size), batch, threads).items():
            count = sum(work.values())
            share = count / peak_work(threads)
            floor = summary([share * seconds for seconds in peak["rounds"]])
            rows.append(
                [
                    way,
                    str(threads),
                    f"{count / 1e6:.3g}",
                    f"{peak_work(threads) / peak['median'] / 1e9:.3g}",
                    cells(floor, MS)[0],
                    cells(ours, MS)[0],
                    *cells(ratios(ours, floor)),
                ]
            )
    head = ["counted", "threads", "10^6", "peak, 10^9/s", "floor, ms", "ms", "ratio", "rounds"]
    return table(head, rows)


def main() -> None:
    """Print, and save where asked to, the tables of each size."""
    parser = parser_of(__doc__)
    parser.add_argument("--sizes", nargs="+", default=["4,2,1", "8,2,1", "8,4,4"], help="circuits")
    parser.add_argument("--batch", type=int, default=128, help="samples (%(default)s)")
    parser.add_argument("--seconds", type=float, default=0.3, help="of a turn (%(default)s)")
    usual = [name for name in PEERS if name not in ON_REQUEST]
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=usual, help="what to compare")
    parser.add_argument("--scaling", nargs="*", choices=CASES, help="cost against these (all)")
    parser.add_argument("--before", help="interpreter of an environment with another qkdrp")
    parser.add_argument("--cpu", action="store_true", help="CPU seconds, with --scaling")
    options = parser.parse_args()
    if options.scaling is not None:
        print_scaling(options)
        return
    results = {}
    for size in options.sizes:
        try:
            found = measure(size, options)
        except RuntimeError as error:
            sys.exit(f"({size}): {error}")
        print(f"\n({size}), batch {options.batch}\n\n{peer_table(found)}", flush=True)
        if OURS in options.peers:
            print(f"\n{floor_table(size, options.batch, found)}", flush=True)
        results[size] = [
            {"peer": name, "threads": threads} | times for (name, threads), times in found.items()
        ]
        save(options, results)


if __name__ == "__main__":
    main()
