from io import StringIO

import pytest
from rich.console import Console

from qkdrp.cli.fitting_table import FittingTable

COLUMNS = ("sample", "ln_ic50", "label", "percentile")
ROWS = [[f"tumour-{each:04d}", "1.96 (-0.49, 4.41)", "-0.02", "36"] for each in range(3)]


def shown(width: int) -> list[str]:
    """The lines of the table on a screen of so many columns."""
    file = StringIO()
    console = Console(file=file, width=width)
    console.print(FittingTable(COLUMNS, ROWS, words={"sample"}, title="predictions"))
    return [line.rstrip() for line in file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_nothing_is_cut_and_nothing_overflows(width: int) -> None:
    lines = shown(width)
    text = "\n".join(lines)
    assert max(map(len, lines)) <= width
    assert "…" not in text
    for cell in (*COLUMNS, *ROWS[2], "predictions"):
        assert cell in text


def test_each_of_several_tables_says_what_its_rows_are_of() -> None:
    lines = shown(40)
    assert sum("tumour-0001" in line for line in lines) == sum("sample" in line for line in lines)
    assert sum("tumour-0001" in line for line in lines) > 1
    assert sum("tumour-0001" in line for line in shown(80)) == 1
