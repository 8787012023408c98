"""What the benchmarks share: options, statistics, tables, and what was measured on what."""

import os
import platform
import statistics
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import joblib

from qkdrp.common.files import write_json
from qkdrp.common.provenance import versions
from qkdrp.reports.page import markdown_rows

PEERS = ("numba", "pennylane", "pennylane-lightning", "tensorcircuit-ng", "jax", "jaxlib")
"""Packages beside those of :mod:`qkdrp.common.provenance` whose versions can change a time."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "PJRT_NPROC")
"""Read by OpenMP (torch, Aer, lightning) and by XLA (JAX) when they are loaded."""


def parser_of(documentation: str) -> ArgumentParser:
    """Return a parser with the options of every benchmark.

    Args:
        documentation: The script's docstring; its first line becomes the help.
    """
    parser = ArgumentParser(description=documentation.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="rounds (%(default)s)")
    parser.add_argument(
        "--threads",
        type=int,
        nargs="+",
        default=sorted({1, joblib.cpu_count()}),
        help="that libraries may use, one setting after the other (%(default)s)",
    )
    parser.add_argument("--json", type=Path, help="file for all figures")
    return parser


def limit_pools(threads: int) -> None:
    """Set the threads of libraries that are not loaded yet, here and in processes begun here."""
    os.environ |= dict.fromkeys(THREAD_VARIABLES, str(threads))


def summary(times: Sequence[float]) -> dict[str, Any]:
    """Return median, least and largest of some times, and the times."""
    return {
        "median": statistics.median(times),
        "min": min(times),
        "max": max(times),
        "rounds": list(times),
    }


def ratios(times: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """Return the :func:`summary` of ratios of two summaries' times, round by round."""
    return summary(
        [one / other for one, other in zip(times["rounds"], base["rounds"], strict=True)]
    )


def spread(found: dict[str, Any], unit: float = 1.0) -> str:
    """Return the least and the largest of a :func:`summary`, in some unit, as text."""
    return f"{found['min'] / unit:.3g} .. {found['max'] / unit:.3g}"


def cells(found: dict[str, Any], unit: float = 1.0) -> tuple[str, str]:
    """Return the median of a :func:`summary` in some unit as text, and the :func:`spread`."""
    return f"{found['median'] / unit:.3g}", spread(found, unit)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    return markdown_rows(head, rows, [False] + [True] * (len(head) - 1))


def save(options: Namespace, results: Any) -> None:  # noqa: ANN401  # whatever json accepts
    """Write results with machine, versions and options, if a file was asked for."""
    if options.json is None:
        return
    chosen = {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()}
    content = {
        "machine": machine(),
        "versions": versions() | _peer_versions(),
        "options": chosen,
        "results": results,
    }
    write_json(options.json, content)


def machine() -> dict[str, Any]:
    """Return model, cores and operating system of this machine."""
    return {
        "cpu": _cpu_model(),
        "cores": joblib.cpu_count(),
        "system": platform.platform(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _peer_versions() -> dict[str, str]:
    found = {}
    for name in PEERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
