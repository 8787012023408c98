"""Reading tables that are text: what separates fields, and whether every row has its fields."""

import csv
import gzip
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from qkdrp.common.errors import DataError
from qkdrp.common.progress import tell_progress
from qkdrp.common.shown import shown

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
"""What may separate fields, and what messages call it."""

UNNAMED = "\0unnamed "
"""Begins the names of columns that have none, until it is known whether they hold anything."""

FOREIGN = {
    b"PK\x03\x04": "an Excel or zip file",
    b"\xd0\xcf\x11\xe0": "an Excel file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
"""First bytes of files that are often given in place of text tables, and what they are."""


@dataclass(frozen=True)
class Layout:
    """How the text of a table is laid out.

    Args:
        separator: A key of :data:`SEPARATORS`.
        names: Of all columns; the first is blank where the column of row names has none, and those
            at the end that begin with :data:`UNNAMED` have none.
    """

    separator: str
    names: tuple[str, ...]

    @property
    def unnamed(self) -> list[str]:
        """Names of the columns at the end that have none."""
        return [name for name in self.names if name.startswith(UNNAMED)]


class _Watched(io.BytesIO):
    """Content of a file that tells how much of it was read."""

    def __init__(self, content: bytes, what: str) -> None:
        super().__init__(content)
        self.what, self.total = what, len(content)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes."""
        return self._told(super().read(size))

    def read1(self, size: int | None = -1, /) -> bytes:
        """Read bytes, as text wrappers do."""
        return self._told(super().read1(-1 if size is None else size))

    def _told(self, chunk: bytes) -> bytes:
        tell_progress(self.what, self.tell(), self.total)
        return chunk


def read_content(path: Path) -> bytes:
    """Return the content of a text table, unpacked.

    Raises:
        DataError: If it is no text.
        OSError: If it cannot be read.
    """
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    for start, kind in FOREIGN.items():
        if content.startswith(start):
            raise DataError(
                f"{path}: is {kind}, expected plain text; save it as CSV in UTF-8, or as parquet."
            )
    return content.removeprefix(b"\xef\xbb\xbf")  # byte order mark


def find_layout(content: bytes, path: Path) -> Layout | None:
    """Return how a text table is laid out; None for one without a header.

    The separator is the one that the name of the file promises, unless another one divides the
    header into more fields. A header that is one field shorter than its rows is R's: the rows
    begin with their names. It is not where every row ends in a blank field, as when each ends in a
    comma.

    Args:
        content: Of the file.
        path: Of the file.

    Raises:
        DataError: If rows differ in width from the header, or a column between others has no name.
    """
    promised = "\t" if ".tsv" in path.suffixes else ","
    lines = _text_lines(content)
    header_line = next(_records(lines), "")
    unquoted = re.sub(r'"[^"]*"', "", header_line)
    separator = max(SEPARATORS, key=lambda each: (unquoted.count(each), each == promised))
    header = [name.strip() for name in _fields(header_line, separator)]
    if not any(header):
        return None
    rows = _scan(content, separator, path)
    if rows is None:
        return Layout(separator, tuple(_with_stand_ins(header, len(header), path)))
    names = header
    while len(names) > rows.width and not names[-1]:
        names = names[:-1]
    if rows.width == len(names) + 1 and not rows.end_blank:
        names = ["", *names]
    if rows.width < len(names) or (rows.width > len(names) and not rows.end_blank):
        advice = "give every column a name" if len(header) > 1 else "remove lines above the header"
        raise DataError(
            f"{path}: the first row has {rows.width} fields, the header {len(header)}: {advice}; "
            f"fields are separated by {SEPARATORS[separator]}."
        )
    return Layout(separator, tuple(_with_stand_ins(names, rows.width, path)))


def parse(content: bytes, layout: Layout, text: Iterable[str], path: Path) -> pd.DataFrame:
    """Return the cells of a text table.

    Args:
        content: Of the file.
        layout: As :func:`find_layout` returns it.
        text: Columns that stay text even where they look like numbers.
        path: Of the file, for messages.

    Raises:
        DataError: If a column without a name holds something.
        ValueError: If pandas cannot read it.
    """
    what = f"reading {path.name}"
    table = pd.read_csv(
        _Watched(content, what),
        sep=layout.separator,
        header=0,
        names=list(layout.names),
        index_col=False,
        dtype=dict.fromkeys(text, str),
        encoding="utf-8",
        low_memory=False,  # in pieces, tables of many columns take twice the time
    )
    tell_progress(what, len(content), len(content))
    for name in layout.unnamed:
        held = table[name].notna() & (table[name].astype("string").str.strip() != "")
        if held.any():
            place = layout.names.index(name) + 1
            raise DataError(
                f"{path}: column {place} has no name and holds {shown(table[name][held].iloc[0])} "
                f"in row {int(held.argmax()) + 1}: give every column a name, or remove it."
            )
    return table.drop(columns=layout.unnamed) if layout.unnamed else table


@dataclass(frozen=True)
class _Rows:
    """Width of all rows, in fields, and whether the last field is blank in each."""

    width: int
    end_blank: bool


def _scan(content: bytes, separator: str, path: Path) -> _Rows | None:
    """Return the width of rows; None where there is no row.

    Raises:
        DataError: If a row ends early or late; pandas would fill it up, or shift its cells.
    """
    width, end_blank = 0, True
    counts = _quoted_counts if b'"' in content else _plain_counts
    for number, (found, blank) in enumerate(counts(content, separator), start=1):
        width = width or found
        if found != width:
            raise DataError(
                f"{path}: row {number} has {found} fields, expected {width}; is the file complete?"
            )
        end_blank &= blank
    return _Rows(width, end_blank) if width else None


def _plain_counts(content: bytes, separator: str) -> Iterator[tuple[int, bool]]:
    """Give the number of fields of each row and whether the last one is blank: no quotes."""
    mark = separator.encode()
    lines = io.BytesIO(content)
    next(lines, None)
    for line in lines:
        if line.strip():
            last = line[line.rfind(mark) + 1 :]
            yield line.count(mark) + 1, not last.strip()


def _quoted_counts(content: bytes, separator: str) -> Iterator[tuple[int, bool]]:
    """Give the same of text with quotes, inside which separators and line breaks are none."""
    records = _records(_text_lines(content))
    next(records, None)
    for record in records:
        if not record.strip():
            continue
        if '"' in record:
            fields = next(csv.reader([record], delimiter=separator, strict=True))
            yield len(fields), not fields[-1].strip()
        else:
            last = record[record.rfind(separator) + 1 :]
            yield record.count(separator) + 1, not last.strip()


def _text_lines(content: bytes) -> Iterator[str]:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")


def _records(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, those that a quoted line break tears apart put together again."""
    waiting = ""
    for line in lines:
        waiting += line
        if waiting.count('"') % 2 == 0:
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


def _fields(record: str, separator: str) -> list[str]:
    return next(csv.reader([record], delimiter=separator), [])


def _with_stand_ins(names: Sequence[str], width: int, path: Path) -> list[str]:
    """Return a name for each of so many columns; those at the end may have none.

    Raises:
        DataError: If a column between others has no name.
    """
    named = len(names)
    while named > 1 and not names[named - 1]:
        named -= 1
    if "" in names[1:named]:
        raise DataError(
            f"{path}: column {names.index('', 1) + 1} has no name: give every column a name."
        )
    return [*names[:named], *(f"{UNNAMED}{place}" for place in range(named, width))]
