"""Machinery of studies: plans, tasks, runners, results on disk."""
