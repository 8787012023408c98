"""Reports: self-contained pages and depth reports."""
