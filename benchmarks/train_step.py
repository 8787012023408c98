"""A training step of the hybrid model beside the classical one: what the circuit costs.

A step is the fit loop's own: gather a batch, predict, mean squared error, gradients, Adam. Each
model trains in a process of its own, on the same random rows; the models take turns, as in
``pqc_layer.py``. Ratios are to the classical model with as many genes and threads, in each round.

Run ``python benchmarks/train_step.py --genes 2000 18000``, or with ``--system pairs --data FOLDER``
for models on pairs: an epoch of all pairs follows, with the share of the circuit and the memory.
``--system pkpd`` has networks on a trial in turns in one process, their circuit beside PennyLane's
where that is installed, and the time of a whole training.
"""

import itertools
from argparse import Namespace
from contextlib import ExitStack
from typing import Any

import torch
from network_steps import network_tables
from pair_tables import pairs_options, pairs_tables
from report import cells, parser_of, ratios, save, summary, table
from turns import Step, Task, Worker

from qkdrp.backends import get_backend
from qkdrp.systems.response.config import FitConfig, ModelConfig
from qkdrp.systems.response.fit_task import ResponseTask, response_rows
from qkdrp.systems.response.recipes import build_model
from qkdrp.training.loop import train_step
from qkdrp.training.optimiser import optimiser_of

MODELS = {
    "classic": ("classic", "statevector"),  # has no circuit to run
    "moderated, statevector": ("moderated", "statevector"),
    "moderated, aer_exact": ("moderated", "aer_exact"),
}
"""Model and backend by what they are called in the table; the first is the base of ratios."""

CLASSIC = next(iter(MODELS))

N_ROWS = 768
"""About as many training rows as the paper's cohorts have."""

MS = 1e-3

Key = tuple[int, int, str]
"""Genes, threads, and a key of :data:`MODELS`."""


def make_step(label: str, n_genes: int, batch_size: int) -> Step:
    """Return a training step of a fresh model on random rows."""
    name, backend = MODELS[label]
    config = ModelConfig(model=name, n_qubits=4, n_encoding=2, n_variational=1)
    model = build_model(config, n_genes, get_backend(backend), seed=0).train()
    task = ResponseTask()
    optimiser = optimiser_of(model, task, FitConfig())
    generator = torch.Generator().manual_seed(0)
    genes = torch.randn(N_ROWS, n_genes, generator=generator)
    rows = response_rows(genes, torch.rand(N_ROWS, generator=generator))
    batches = itertools.cycle(torch.randperm(N_ROWS, generator=generator).split(batch_size))
    return lambda: (train_step(model, rows, next(batches), optimiser, task),)


def measure(n_genes: int, options: Namespace) -> dict[Key, dict[str, Any]]:
    """Return seconds of a step of all rounds, by threads and model."""
    with ExitStack() as stack:
        workers = {
            (n_genes, threads, label): stack.enter_context(
                Worker(
                    Task(
                        make_step,
                        (label, n_genes, options.batch),
                        threads,
                        clock=options.clock,
                    )
                )
            )
            for threads in options.threads
            for label in MODELS
        }
        turns: dict[Key, list[float]] = {key: [] for key in workers}
        for _ in range(options.repeats):
            for key, worker in workers.items():
                turns[key].append(worker.turn(options.seconds))
    return {key: summary(times) for key, times in turns.items()}


def response_steps(options: Namespace) -> None:
    """Print, and save where asked to, the table of the system ``response``."""
    found: dict[Key, dict[str, Any]] = {}
    for n_genes in options.genes:
        found |= measure(n_genes, options)
    rows = []
    for (n_genes, threads, label), times in found.items():
        ratio = ratios(times, found[n_genes, threads, CLASSIC])
        rows.append([label, f"{n_genes:,}", str(threads), *cells(times, MS), *cells(ratio)])
    print(table(["model", "genes", "threads", "ms", "rounds", "ratio", "rounds"], rows))
    save(
        options,
        [
            {"genes": n_genes, "threads": threads, "model": label} | times
            for (n_genes, threads, label), times in found.items()
        ],
    )


def main() -> None:
    """Print, and save where asked to, the tables of a system."""
    parser = parser_of(__doc__)
    parser.add_argument(
        "--system", choices=["response", "pairs", "pkpd"], default="response", help="(%(default)s)"
    )
    parser.add_argument("--genes", type=int, nargs="+", default=[2000, 18000], help="after filters")
    parser.add_argument(
        "--batch",
        type=int,
        help="rows: a divisor of 768 of response (128), any number of pairs (64)",
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="of a turn (%(default)s)")
    parser.add_argument("--clock", default="perf_counter", help="process_time where others work")
    pairs_options(parser)
    options = parser.parse_args()
    if options.system == "pkpd":
        network_tables(options)
    elif options.system == "pairs":
        options.batch = options.batch or 64
        pairs_tables(options)
    else:
        options.batch = options.batch or 128
        response_steps(options)


if __name__ == "__main__":
    main()
