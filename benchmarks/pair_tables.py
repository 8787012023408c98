"""Tables of ``train_step.py --system pairs``: steps of each model, and an epoch of all pairs."""

from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pair_steps import MODELS, pair_epoch, pair_step
from report import cells, ratios, save, summary, table
from turns import Task, Worker

CLASSICAL, *_, HYBRID = MODELS

MS, GIB = 1e-3, 2**30


def pairs_options(parser: ArgumentParser) -> None:
    """Add the options of pairs."""
    parser.add_argument(
        "--data", default="synthetic", help="of pairs: synthetic, or a data folder (%(default)s)"
    )
    parser.add_argument(
        "--epoch-batch", type=int, default=1024, help="pairs in a batch of the epoch (%(default)s)"
    )
    parser.add_argument(
        "--epoch-steps", type=int, default=0, help="of the epoch; 0 for all, -1 for no epoch"
    )


def pairs_tables(options: Namespace) -> None:
    """Print, and save where asked to, the tables of the system ``pairs``."""
    if options.data != "synthetic":
        options.data = str(Path(options.data).absolute())
    found = {threads: _steps(threads, options) for threads in options.threads}
    rows = [
        [label, str(threads), *cells(times, MS), *cells(ratios(times, of_models[CLASSICAL]))]
        for threads, of_models in found.items()
        for label, times in of_models.items()
    ]
    print(f"a step of {options.batch} pairs\n")
    print(table(["model", "threads", "ms", "rounds", "ratio", "rounds"], rows))
    results: list[dict[str, Any]] = [
        {"threads": threads, "model": label} | times
        for threads, of_models in found.items()
        for label, times in of_models.items()
    ]
    if options.epoch_steps >= 0:
        results.append(_epoch(HYBRID, options))
    save(options, results)


def _steps(threads: int, options: Namespace) -> dict[str, dict[str, Any]]:
    """Return seconds of a step of all rounds, by model."""
    with ExitStack() as stack:
        workers = {
            label: stack.enter_context(
                Worker(
                    Task(
                        pair_step,
                        (label, options.data, options.batch),
                        threads,
                        clock=options.clock,
                    )
                )
            )
            for label in MODELS
        }
        turns: dict[str, list[float]] = {label: [] for label in workers}
        for _ in range(options.repeats):
            for label, worker in workers.items():
                turns[label].append(worker.turn(options.seconds))
    return {label: summary(times) for label, times in turns.items()}


def _epoch(label: str, options: Namespace) -> dict[str, Any]:
    """Print an epoch of one model; return its figures."""
    threads = min(options.threads)
    arguments = (label, options.data, options.epoch_batch, options.epoch_steps, options.clock)
    with Worker(Task(pair_epoch, arguments, threads)) as worker:
        pairs, steps, seconds, circuit, memory = map(float, worker.results)
    print(
        f"\n{label}: an epoch of {pairs:,.0f} pairs, {steps:.0f} steps of {options.epoch_batch}, "
        f"{threads} thread: {seconds:.1f} s, circuit {circuit / seconds:.1%}, "
        f"peak memory {memory / GIB:.2f} GiB"
    )
    return {
        "model": label,
        "pairs": pairs,
        "steps": steps,
        "seconds": seconds,
        "circuit_seconds": circuit,
        "peak_bytes": memory,
    }
