from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.common.progress import heard_by
from qkdrp.tables.frames import read_table
from qkdrp.tables.numbers import numeric

EXPECTED = pd.DataFrame({"G1": [1.5, 2.0], "G2": [np.nan, -4.25]}, index=["a", "b"])


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["", "separator"])
@pytest.mark.parametrize("decimal", [".", ","], ids=["point", "decimal-comma"])
def test_every_separator_and_ending_reads_the_same(
    tmp_path: Path, suffix: str, separator: str, end: str, decimal: str
) -> None:
    quote = '"' if separator == decimal else ""
    lines = ["s|G1|G2", f"a|{quote}1{decimal}5{quote}|", f"b|2|{quote}-4{decimal}25{quote}"]
    text = "".join(f"{line}{'|' if end else ''}\n" for line in lines).replace("|", separator)
    found = numeric(read_table(write(tmp_path / f"t{suffix}", text)), Path("t"))
    pd.testing.assert_frame_equal(
        found, EXPECTED, check_names=False, check_index_type=False, check_column_type=False
    )


@pytest.mark.parametrize(
    "text",
    ["sample,drug,x\na,D,1,\nb,E,2,\n", "sample,drug,x,,\na,D,1,,\nb,E,2,, \n"],
    ids=["rows-only", "header-too"],
)
def test_rows_that_end_in_a_comma_do_not_shift_columns(tmp_path: Path, text: str) -> None:
    table = read_table(write(tmp_path / "t.csv", text), text=("drug",), ids=("sample",))
    assert table.index.tolist() == ["a", "b"]
    assert table["drug"].tolist() == ["D", "E"]
    assert table.columns.tolist() == ["drug", "x"]


def test_names_of_rows_before_a_short_header_are_no_endings(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "t.csv", "G1,G2\na,1,\nb,2,3\n"))
    assert table.index.tolist() == ["a", "b"]
    assert table.columns.tolist() == ["G1", "G2"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s,G1,\na,1,\nb,2,9\n", "column 3 has no name and holds 9.0 in row 2"),
        ("s,,G1\na,1,2\n", "column 2 has no name"),
        ("a title\ns,G1,G2\na,1,2\n", "remove lines above the header"),
        ("s G1\na 1\n", "one column only; separate columns by commas, semicolons or tabs"),
    ],
    ids=["held", "between", "title", "blanks"],
)
def test_what_cannot_be_laid_out_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_table(write(tmp_path / "t.csv", text))


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"PK\x03\x04abc", "Excel or zip"), ("s,G1\na,1\n".encode("utf-16"), "UTF-16 text")],
)
def test_other_formats_are_called_by_their_name(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"t\.csv: is .*{kind}.*, expected plain text; save it as"):
        read_table(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"t\.csv: no such file"):
        read_table(tmp_path / "t.csv")


def test_progress_is_told_and_ends(tmp_path: Path) -> None:
    told = list[tuple[str, int, int]]()
    wide = ",".join(str(value) for value in range(2000))
    text = f"s,{','.join(f'G{place}' for place in range(2000))}\n" + f"a,{wide}\n" * 100
    path = write(tmp_path / "t.csv", text)
    with heard_by(lambda *each: told.append(each)):
        read_table(path)
    assert {what for what, _, _ in told} == {"reading t.csv"}
    assert len(told) > 2
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1:] == (len(text), len(text))
    before = len(told)
    read_table(path)
    assert len(told) == before


def test_a_header_longer_than_the_csv_module_takes_is_read(tmp_path: Path) -> None:
    genes = [f"GENE{place:0200d}" for place in range(700)]
    text = f"sample,{','.join(genes)}\na,{','.join(['1'] * len(genes))}\n"
    assert read_table(write(tmp_path / "t.csv", text)).columns.tolist() == genes
