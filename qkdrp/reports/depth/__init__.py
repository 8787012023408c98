"""What is asked of a depth report, and what is left of it: files, figures, a page."""
