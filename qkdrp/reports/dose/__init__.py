"""Report of a dose: figures, page and files."""
