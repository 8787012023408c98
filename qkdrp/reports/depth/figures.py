"""Figures of a depth report."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import ScalarFormatter
from numpy.typing import NDArray
from qiskit import QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from rustworkx import PyGraph, distance_matrix

from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.report import DepthReport
from qkdrp.backends.depth.row import DepthRow
from qkdrp.backends.isa.prepare import PreparedCircuit
from qkdrp.backends.isa.regions import coupling_losses
from qkdrp.circuits.instructions import qubits_of

LAYERS_OF_VOLUME = 3
"""Two-qubit layers of one layer of a quantum-volume circuit.

Any gate on two qubits takes three CNOTs (Vatan and Williams 2004); routing comes on top, so that
the rectangle drawn is an estimate on the safe side.
"""

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c8c8c")
"""Of Okabe and Ito: told apart by every reader."""

GREY, LIGHT = "#8c8c8c", "#d5dae1"

MOST_DRAWN = 400
"""Gates of a circuit beyond which its drawing would be a page of dust."""


def volumetric(report: DepthReport) -> Figure:
    """Draw width against two-qubit depth: as built and best, with quantum volumes."""
    figure = Figure(figsize=(7.2, 5), layout="constrained")
    axes = figure.add_subplot()
    names = list(report.devices)
    for index, name in enumerate(names):
        gains = [gain for gain in report.gains if gain.device == name]
        asked = [gain.plain for gain in gains] or [r for r in report.best if r.device == name]
        shift, color = 1.5 * ((index + 0.5) / len(names) - 0.5), COLORS[index % len(COLORS)]
        _draw_rows(axes, asked, shift, color, "o", f"{name}, as asked for")
        chosen = [gain.chosen for gain in gains]
        _draw_rows(axes, chosen, shift, color, "^", f"{name}, highest success")
    _draw_volumes(axes, report)
    axes.set(
        yscale="log",
        ylim=(1, None),
        xlabel="width (qubits; devices side by side)",
        ylabel="transpiled two-qubit depth",
    )
    axes.set_xlim(0, max([10, *(row.logical.qubits + 1 for row in report.rows)]))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=7.5)
    return figure


def _draw_rows(
    axes: Axes, rows: Sequence[DepthRow], shift: float, color: str, marker: str, label: str
) -> None:
    """Draw width against two-qubit depth of some rows, beside those of other devices."""
    if not rows:
        return
    axes.scatter(
        [row.logical.qubits + shift for row in rows],
        [max(1, row.trial.two_qubit_depth) for row in rows],
        s=26,
        marker=marker,
        color=color,
        facecolors="none" if marker == "o" else None,
        label=label,
    )


def _draw_volumes(axes: Axes, report: DepthReport) -> None:
    volumes: dict[int, list[str]] = {}
    for row in report.best:
        if row.volume is not None:
            text = f"{row.device.removeprefix('fake_')} ({row.volume.origin})"
            names = volumes.setdefault(row.volume.value, [])
            if text not in names:
                names.append(text)
    for value, names in sorted(volumes.items()):
        side = int(np.log2(value))
        deep = LAYERS_OF_VOLUME * side
        axes.add_patch(
            Rectangle((0, 1), side, deep - 1, facecolor=GREY, alpha=0.12, edgecolor="none")
        )
        axes.plot([0, side, side], [deep, deep, 1], color=GREY, linewidth=0.8)
        axes.text(
            0.1,
            deep,
            f"QV {value}, {', '.join(names)}:\n{side} x {deep}, estimate at {LAYERS_OF_VOLUME} "
            "layers per QV layer",
            fontsize=6,
            va="bottom",
            color="#555555",
        )


def heat_map(report: DepthReport) -> Figure:
    """Draw the success of a value by circuit and device, as asked for and of the best form."""
    first = [row for row in report.best if row.variant.form == report.rows[0].variant.form]
    panels = [("as asked for", first)]
    if report.gains:
        panels.append(("highest success, same values", [gain.chosen for gain in report.gains]))
    circuits = list(dict.fromkeys(row.variant.circuit for row in first))
    devices = list(report.devices)
    size = (2.2 + len(panels) * (0.75 * len(devices) + 0.6), 1.9 + 0.27 * len(circuits))
    figure = Figure(figsize=size, layout="constrained")
    for index, (title, rows) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), index + 1)
        image = _draw_successes(axes, rows, circuits, devices)
        axes.set_title(title, fontsize=9)
        short = [name.removeprefix("fake_") for name in devices]
        axes.set_xticks(range(len(devices)), short, rotation=40, ha="right", fontsize=8)
        axes.set_yticks(range(len(circuits)), circuits if index == 0 else [], fontsize=8)
    bar = figure.colorbar(image, ax=figure.axes, shrink=0.8)
    bar.set_label("estimated success of a value", fontsize=8)
    return figure


def _draw_successes(
    axes: Axes, rows: Sequence[DepthRow], circuits: Sequence[str], devices: Sequence[str]
) -> AxesImage:
    """Draw the success of a value of each row, with its number."""
    values = np.full((len(circuits), len(devices)), np.nan)
    for row in rows:
        place = circuits.index(row.variant.circuit), devices.index(row.device)
        values[place] = row.trial.value_success
    image = axes.imshow(values, vmin=0, vmax=1, cmap="cividis", aspect="auto")
    for (y, x), value in np.ndenumerate(values):
        color = "white" if value < 0.55 else "black"
        text = "-" if np.isnan(value) else f"{value:.2f}"
        axes.text(x, y, text, ha="center", va="center", color=color, fontsize=8)
    return image


def circuit_drawing(found: PreparedCircuit) -> Figure | None:
    """Draw a transpiled circuit; None where it is too long to be looked at."""
    circuit = found.pqc.circuit.copy()
    if len(circuit.data) > MOST_DRAWN:
        return None
    numbers = {parameter: Parameter(_short(parameter.name)) for parameter in circuit.parameters}
    circuit.assign_parameters(numbers, inplace=True)
    named = QuantumCircuit(*(QuantumRegister(1, f"q{physical}") for physical in found.qubits))
    named.compose(circuit, qubits=range(circuit.num_qubits), inplace=True)
    named.global_phase = 0
    drawing = named.draw("mpl", fold=22, scale=0.6, idle_wires=True)
    assert isinstance(drawing, Figure)
    return drawing


def layout_map(found: PreparedCircuit, row: DepthRow, device: DeviceSnapshot) -> Figure:
    """Draw the device's couplings with the qubits and couplings that a circuit uses."""
    losses = coupling_losses(device.target)
    places = _flat(losses, len(device.qubits))
    used = {device.qubits.index(physical): physical for physical in found.qubits}
    counts = _gates_by_coupling(found, device)
    figure = Figure(figsize=(7.2, 6.4), layout="constrained")
    axes = figure.add_subplot()
    for pair in losses:
        ends = places[list(pair)]
        busy = counts[pair]
        axes.plot(*ends.T, color=COLORS[0] if busy else LIGHT, linewidth=3 if busy else 1, zorder=1)
        if busy:
            axes.annotate(str(busy), ends.mean(axis=0), fontsize=8, color=COLORS[1], zorder=4)
    idle = [place for place in range(len(places)) if place not in used]
    axes.scatter(places[idle, 0], places[idle, 1], s=14, color=LIGHT, zorder=2)
    axes.scatter(places[list(used), 0], places[list(used), 1], s=110, color=COLORS[0], zorder=3)
    for place, physical in used.items():
        axes.annotate(
            str(physical), places[place], color="white", fontsize=6, ha="center", va="center",
            zorder=5,
        )  # fmt: skip
    axes.set_title(f"{row.variant.circuit}, {row.variant.form}, on {row.device}", fontsize=9)
    middle, half = (places.max(axis=0) + places.min(axis=0)) / 2, np.ptp(places, axis=0) / 2
    axes.set_ylim(middle[1] - (wide := max(1.1 * half[1], 0.2 * half[0], 0.5)), middle[1] + wide)
    axes.set_aspect("equal")
    axes.axis("off")
    return figure


def _gates_by_coupling(found: PreparedCircuit, device: DeviceSnapshot) -> Counter[tuple[int, int]]:
    """Return how many two-qubit gates are on each coupling, as the snapshot numbers qubits."""
    places = [device.qubits.index(physical) for physical in found.qubits]
    counts: Counter[tuple[int, int]] = Counter()
    for instruction in found.pqc.circuit.data:
        if len(instruction.qubits) == 2:
            one, other = (places[q] for q in qubits_of(found.pqc.circuit, instruction))
            counts[min(one, other), max(one, other)] += 1
    return counts


def _flat(losses: dict[tuple[int, int], float], count: int) -> NDArray[np.float64]:
    """Return a place for each qubit, shape (n, 2), by classical scaling of their distances."""
    graph = PyGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from_no_data(list(losses))
    squared = np.asarray(distance_matrix(graph), dtype=float) ** 2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, np.newaxis] + squared.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    return np.asarray(vectors[:, [-1, -2]] * np.sqrt(np.maximum(values[[-1, -2]], 0)))


def _short(name: str) -> str:
    return name.replace("inputs", "x").replace("weights", "w")
