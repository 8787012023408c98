import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.data.frames import SUFFIXES, find_table, numeric, read_table, refuse_duplicates

EXPECTED = pd.DataFrame({"G1": [1.5, np.nan], "G2": [0.1 + 0.2, -4.0]}, index=["10", "20"])
ARCHIVE = gzip.compress("".join(f"{n},{n * n}\n" for n in range(300)).encode(), mtime=0)


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
        ("ragged.csv", b"s,G1\n1,2\n3,4,5,6\n"),
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


def test_a_cell_that_is_no_number_is_named() -> None:
    table = pd.DataFrame({"G1": ["1", "x"]}, index=["a", "b"])
    with pytest.raises(DataError, match="row 'b', column 'G1' holds 'x'"):
        numeric(table, Path("t.csv"))


@pytest.mark.parametrize("cell", [np.inf, "-inf"])
def test_an_infinite_cell_is_named(cell: object) -> None:
    table = pd.DataFrame({"G1": [1.0, 2.0], "G2": [0.0, cell]}, index=["a", "b"])
    with pytest.raises(DataError, match="row 'b', column 'G2' is infinite"):
        numeric(table, Path("t.csv"))


def test_reading_numbers_leaves_the_input_alone() -> None:
    table = pd.DataFrame({"G1": ["1,5", "2"]}, index=["a", "b"])
    assert numeric(table, Path("t.csv"))["G1"].tolist() == [1.5, 2.0]
    assert table["G1"].tolist() == ["1,5", "2"]


def test_a_row_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("s,G1,G2\na,1,2\nb,3\n")
    with pytest.raises(DataError, match="row 2 has 2 fields, expected 3; is the file complete"):
        read_table(path)


def test_truth_values_are_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("s,G1\na,True\nb,False\n")
    with pytest.raises(DataError, match="row 'a', column 'G1' holds"):
        numeric(read_table(path), path)


def test_a_comma_among_points_is_no_decimal_mark(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('s,G1\na,"1,234"\nb,5.6\n')
    with pytest.raises(DataError, match="row 'a', column 'G1' holds '1,234'"):
        numeric(read_table(path), path)
