"""Self-contained HTML pages: text, tables and figures in one file, for a phone or a printer."""

from qkdrp.reports.page.markdown import markdown_rows, write_markdown
from qkdrp.reports.page.render import Figure, Page, Section, Table, render, write_page

__all__ = [
    "Figure",
    "Page",
    "Section",
    "Table",
    "markdown_rows",
    "render",
    "write_markdown",
    "write_page",
]
