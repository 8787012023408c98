"""Depth reports for readers: choice of circuits, tables, figures, page and files."""
