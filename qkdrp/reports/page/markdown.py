"""The same page as Markdown, its pictures beside it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from qkdrp.common.files import write_bytes, write_text
from qkdrp.reports.page.render import Figure, Page, Table


def write_markdown(path: Path, page: Page, pictures: str = "figures") -> None:
    """Write a page as Markdown, and its pictures as PNG; every file whole or not at all.

    Args:
        path: The Markdown file.
        page: What it holds.
        pictures: Folder of the pictures, beside the file; made if missing.
    """
    figures = [part for each in page.sections for part in each.parts if isinstance(part, Figure)]
    folder = path.parent / pictures
    if figures:
        folder.mkdir(exist_ok=True)
    for figure in figures:
        write_bytes(folder / picture_name(figure), figure.png)
    write_text(path, "\n\n".join(_blocks(page, pictures)) + "\n")


def picture_name(figure: Figure) -> str:
    """Return the file name of a figure, made of its title."""
    return re.sub(r"[^a-z0-9.]+", "-", figure.title.lower()).strip("-.") + ".png"


def markdown_table(table: Table) -> str:
    """Return the rows of a table in Markdown."""
    return markdown_rows(list(map(str, table.frame.columns)), table.rows, table.numeric)


def markdown_rows(
    head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[bool] = ()
) -> str:
    """Return rows of text as a table in Markdown.

    Args:
        head: Names of the columns.
        rows: The cells.
        numeric: Which of the first columns are set to the right.
    """
    rule = ["---:" if right else "---" for right in numeric]
    rule += ["---"] * (len(head) - len(rule))
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in (head, rule, *rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _blocks(page: Page, pictures: str) -> Iterator[str]:
    yield f"# {page.title}"
    yield from page.lead
    for section in page.sections:
        yield f"## {section.title}"
        for part in section.parts:
            if isinstance(part, Table):
                yield f"{part.caption}:"
                yield markdown_table(part)
            elif isinstance(part, Figure):
                yield f"![{part.title}]({pictures}/{picture_name(part)})"
                yield f"**{part.title}.** {part.reading}"
            else:
                yield part
    yield "## Made from"
    yield "\n".join(f"- {line}" for line in page.provenance)
