"""Depth reports: circuits transpiled for devices, their estimated success, and rules for it."""
