"""What commands print of noise: what is on and off, where circuits ran, how scores spread."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from time import perf_counter
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from qkdrp.backends.choices import Method
from qkdrp.cli.console import console
from qkdrp.common.remaining import Remaining, duration_text

STATES = {True: "on", False: "off", None: "as far as gate errors hold it"}
"""Words for a part of noise."""

LINE_SECONDS = 30.0
"""Time between two lines of progress where the output is not a terminal."""


def noise_lines(noise: Mapping[str, Any]) -> list[str]:
    """Return what noise is on and off; nothing for an exact backend.

    Args:
        noise: The report of a backend.
    """
    if not noise:
        return []
    parts = ", ".join(f"{part} {STATES[on]}" for part, on in noise["parts"].items())
    sampling = noise["sampling"]
    shots = sampling["shots"] or "infinitely many"
    return [
        f"noise    {noise['noise']} ({noise['detail']}): {parts}; scale {noise['scale']:g} "
        f"({noise['scaling']}); shots {shots}",
    ]


def circuit_lines(noise: Mapping[str, Any]) -> list[str]:
    """Return on which physical qubits circuits ran, and how; nothing for an exact backend.

    Layers of which the same is to be said have one line together.
    """
    if not noise:
        return []
    alike: dict[str, list[str]] = {}
    for circuit in noise["circuits"]:
        text = _about(circuit, noise["sampling"]["shots"])
        alike.setdefault(text, []).append(circuit.get("layer", ""))
    n_layers = len(noise["circuits"])
    return [f"circuit  {_layers(names, n_layers)}{text}" for text, names in alike.items()] + [
        f"note: {note}" for note in noise["notes"]
    ]


def _about(circuit: Mapping[str, Any], shots: int) -> str:
    return (
        f"physical qubits {', '.join(map(str, circuit['physical_qubits']))}; "
        f"{circuit['two_qubit_gates']} two-qubit gates, depth {circuit['depth']}, "
        f"estimated success {circuit['estimated_success']:.3f}; errors of "
        f"{circuit['gates_with_errors']} of {circuit['gates']} gates; {_way(circuit, shots)}"
    )


def _layers(names: Sequence[str], n_layers: int) -> str:
    """Return which of all layers are spoken of; nothing for a layer without a name."""
    if not names[0]:
        return ""
    if len(names) == n_layers > 1:
        return f"all {n_layers} layers: "
    return f"{', '.join(names)}: "


def _way(circuit: Mapping[str, Any], shots: int) -> str:
    """Return how the values of a circuit were found, and how exact they are."""
    if circuit["method"] == Method.DENSITY:
        return "exact density matrix"
    kind = "Pauli trajectories" if circuit["method"] == Method.PAULI else "trajectories"
    way = f"{circuit.get('trajectories', shots)} {kind}"
    error = circuit.get("standard_error")
    return way if error is None else f"{way}, standard error of a value {error:.2g}"


def repeats_line(repeats: Mapping[str, Any]) -> str:
    """Return mean and interval of each score over repeats."""
    scores = "; ".join(
        f"{name} {found['mean']:.4f}{_interval(found['ci'])}, sd {found['sd']:.4f}"
        for name, found in repeats.items()
        if name != "n"
    )
    line = f"over {repeats['n']} repeats: mean, 95% interval of the mean, sd: {scores}"
    if any(found["ci"] is None for name, found in repeats.items() if name != "n"):
        line += "; fewer than 3 repeats, or equal values, give no interval"
    return line


def _interval(found: tuple[float, float] | None) -> str:
    return "" if found is None else f" ({found[0]:.4f}, {found[1]:.4f})"


class CircuitBar(AbstractContextManager["CircuitBar"]):
    """A progress bar for each thing that is counted, lines elsewhere; a context manager."""

    def __init__(self) -> None:
        self.screen = console(stderr=True)
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=self.screen,
            disable=not self.screen.is_terminal,
            transient=True,
        )
        self.tasks: dict[str, tuple[Any, Remaining]] = {}
        self._said = perf_counter()

    def __enter__(self) -> Self:
        """Start drawing."""
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing, whatever happened."""
        self.progress.stop()

    def update(self, what: str, done: int, total: int) -> None:
        """Show how much of something is done, and how long the rest takes."""
        if what not in self.tasks or (done == 0 and self.tasks[what][1].total != total):
            task = self.progress.add_task(what, total=total, left="")
            self.tasks[what] = task, Remaining(total)
        task, remaining = self.tasks[what]
        remaining.reach(done)
        left = time_left(remaining)
        self.progress.update(task, completed=done, total=total, left=left)
        now = perf_counter()
        if not self.screen.is_terminal and 0 < done < total and now - self._said > LINE_SECONDS:
            self._said = now
            self.screen.print(f"{what} {done} of {total}  {left}", soft_wrap=True)

    def note(self, text: str) -> None:
        """Print what the user should know, above the bar."""
        self.screen.print(f"note: {text}", soft_wrap=True)


def time_left(remaining: Remaining) -> str:
    """Return how long the rest takes, in words; nothing while that is not known."""
    left = remaining.left()
    return "" if left is None else f"{duration_text(left)} left"
