"""Files of a depth report in its folder: tables, record, figures, page."""

from pathlib import Path

from qkdrp.backends.depth.analyse import transpiled
from qkdrp.backends.depth.report import DepthReport
from qkdrp.common.files import write_bytes, write_csv, write_json
from qkdrp.common.provenance import versions
from qkdrp.reports.depth.figures import circuit_drawing, heat_map, layout_map, volumetric
from qkdrp.reports.depth.page import make_page
from qkdrp.reports.depth.summary import gain_frame
from qkdrp.reports.page import Figure, write_page

TABLE, GAINS, RECORD = "depth.csv", "gains.csv", "depth.json"
PAGE, FIGURES = "report.html", "figures"
"""Names of files and folder."""


def write_report(report: DepthReport, folder: Path) -> None:
    """Write tables, record, figures and page.

    Args:
        report: The report.
        folder: Where; made if missing.
    """
    figures = draw(report)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FIGURES).mkdir(exist_ok=True)
    for name, figure in figures.items():
        write_bytes(folder / FIGURES / f"{name}.png", figure.png)
    write_csv(folder / TABLE, report.to_frame())
    if report.gains:
        write_csv(folder / GAINS, gain_frame(report))
    write_json(folder / RECORD, report.to_json() | {"versions": versions()})
    write_page(folder / PAGE, make_page(report, figures, versions()))


def draw(report: DepthReport) -> dict[str, Figure]:
    """Return the figures by name: success, volume, layout, and circuit where it can be drawn."""
    top = report.top()
    found = transpiled(report, top)
    figures = {
        "success": Figure.of(
            "Estimated success of a value",
            "The product of 1 - error over all gates and the readouts of one observable.",
            heat_map(report),
        ),
        "volume": Figure.of(
            "Width and two-qubit depth",
            "Rectangles are what quantum volume promises, an estimate; no rectangle where it "
            "is unknown.",
            volumetric(report),
        ),
        "layout": Figure.of(
            "Where the best row lives",
            "Blue: its qubits, numbered as on the device, and the couplings that it uses; orange: "
            "two-qubit gates on each.",
            layout_map(found, top, report.devices[top.device]),
        ),
    }
    drawing = circuit_drawing(found)
    if drawing is not None:
        figures["circuit"] = Figure.of(
            "The best row, transpiled", "x are inputs, w are weights.", drawing
        )
    return figures
