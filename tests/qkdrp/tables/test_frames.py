import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.tables.frames import SUFFIXES, find_table, read_table, refuse_duplicates
from qkdrp.tables.numbers import numeric

EXPECTED = pd.DataFrame({"G1": [1.5, np.nan], "G2": [0.1 + 0.2, -4.0]}, index=["10", "20"])
ROWS = "".join(f"{n},{n * n}\n" for n in range(300))
ARCHIVE = gzip.compress(f"s,G1\n{ROWS}".encode(), mtime=0)


def check(table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        table, EXPECTED, check_index_type=False, check_column_type=False, check_names=False
    )


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_reads_the_same(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    if suffix == ".parquet":
        EXPECTED.rename_axis("sample").reset_index().to_parquet(path)
    else:
        EXPECTED.to_csv(path, sep="\t" if ".tsv" in suffix else ",", index_label="sample")
    assert find_table(tmp_path, "table") == path
    check(read_table(path))


def test_parquet_may_carry_the_ids_as_its_index(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    EXPECTED.to_parquet(path)
    check(read_table(path))


def test_a_missing_table_is_none(tmp_path: Path) -> None:
    assert find_table(tmp_path, "table") is None


def test_the_header_of_r_is_one_field_short(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", f"G1\tG2\n10\t1.5\t{0.1 + 0.2}\n20\t\t-4\n")
    check(read_table(path))


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"G1,G2\n10,1.5,{0.1 + 0.2}\n20,,-4\n", "utf-8-sig")
    check(read_table(path))


def test_windows_line_ends_and_quotes(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f'"s","G1","G2"\r\n"10",1.5,{0.1 + 0.2}\r\n"20",,-4\r\n')
    check(read_table(path))


def test_decimal_commas_and_blanks(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", "s\tG1\tG2\n10\t1,5\t0,30000000000000004\n20\t \t-4\n")
    check(numeric(read_table(path), path))


def test_ids_are_text(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "s,G1\n007,1\n 12 ,2\n")
    assert read_table(path).index.tolist() == ["007", "12"]


@pytest.mark.parametrize("text", ["", "sample\n", "sample,G1,G2\n", "\n"])
def test_an_empty_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv: the table is empty"):
        read_table(write(tmp_path / "t.csv", text))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("latin.csv", b"s,G\xe91\n1,2\n"),
        ("plain.csv.gz", b"s,G1\n1,2\n"),
        ("cut.csv.gz", ARCHIVE[:-20]),
        ("spoilt.csv.gz", ARCHIVE[:100] + b"\xff" * 30 + ARCHIVE[130:]),
        ("none.parquet", b"PAR1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}: cannot be read as a table"):
        read_table(path)


def test_a_row_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"t\.csv"):
        read_table(write(tmp_path / "t.csv", "s,G1\n1,2,3,4\n5,6,7,8\n"))


def test_duplicate_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="duplicate columns G1; keep one of each"):
        read_table(write(tmp_path / "t.csv", "s,G1,G2,G1\n1,2,3,4\n"))


def test_many_duplicates_are_cut_short() -> None:
    names = [f"g{index}" for index in range(8)] * 2
    with pytest.raises(DataError, match=r"g0, g1, g2, g3, g4, \.\.\.; keep"):
        refuse_duplicates(names, "genes", Path("t.csv"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("s,G1,G2\na,1,2\nb,3\n", 2),
        ('"s","G1","G2"\n"a",1,2\n"b",3\n', 2),
        ('"s","G1","G2"\n"a","1,0",2\n"b","3,0"\n', 2),
        ("s,G1,G2\na,1,2\nb,3,4,5\n", 4),
        ("G1,G2\na,1,2\nb,3,4,5\n", 4),
    ],
    ids=["plain", "quoted", "quoted-commas", "late", "header-of-r"],
)
def test_a_row_that_ends_early_or_late_is_refused(tmp_path: Path, text: str, found: int) -> None:
    match = f"row 2 has {found} fields, expected 3; is the file complete"
    with pytest.raises(DataError, match=match):
        read_table(write(tmp_path / "t.csv", text))


def test_quoted_cells_may_hold_separators_and_line_breaks(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", 's,note,G1\na,"x, y",1\nb,"two\nlines",2\n')
    assert read_table(path)["note"].tolist() == ["x, y", "two\nlines"]


def test_a_name_with_a_line_break_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", 's,G1\na,1\n"b\nc",2\n')
    with pytest.raises(DataError, match=r"the name of row 2, .*, has a line break"):
        read_table(path)


IDS = ("sample", "sample_id")


@pytest.mark.parametrize(
    "text",
    [
        "sample,G1,G2\n7,1,2\n3,4,5\n",
        "G1,sample,G2\n1,7,2\n4,3,5\n",
        "G1,Sample_ID ,G2\n1,7,2\n4,3,5\n",
        ",sample,G1,G2\n0,7,1,2\n1,3,4,5\n",
        ",sample,G1,G2\n5,7,1,2\n2,3,4,5\n",
        "sample\tG1\tG2\n0\t7\t1\t2\n1\t3\t4\t5\n",
    ],
    ids=["first", "later", "spelling", "pandas-index", "shuffled-index", "header-of-r"],
)
def test_the_column_of_ids_is_found_by_its_name(tmp_path: Path, text: str) -> None:
    table = read_table(write(tmp_path / f"t.{'tsv' if chr(9) in text else 'csv'}", text), ids=IDS)
    assert table.index.tolist() == ["7", "3"]
    assert table.columns.tolist() == ["G1", "G2"]
    assert table["G1"].tolist() == [1, 4]


@pytest.mark.parametrize("index", [None, [5, 2]], ids=["range", "numbers"])
def test_ids_of_parquet_are_found_by_their_name(tmp_path: Path, index: list[int] | None) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"G1": [1.0, 4.0], "sample": ["a", "b"]}, index=index)
    frame.to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", ids=IDS)
    assert (table.index.tolist(), table.columns.tolist()) == (["a", "b"], ["G1"])


def test_two_candidates_for_ids_in_parquet_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"G1": [1.0, 4.0], "sample": ["a", "b"]}, index=["x", "y"])
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="an unnamed first column and a column 'sample'"):
        read_table(tmp_path / "t.parquet", ids=IDS)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (",A,B\n0,1,2\n1,3,4\n", "counts rows, so the row names are missing"),
        ('"","A"\n"1",1\n"2",3\n', "counts rows, so the row names are missing"),
        (",sample,A\nx,7,2\ny,3,4\n", "an unnamed first column and a column 'sample'"),
        ("sample,Sample,A\nx,7,2\ny,3,4\n", "the columns sample and Sample, expected one"),
    ],
)
def test_ids_are_never_guessed(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read_table(write(tmp_path / "t.csv", text), ids=IDS)
