"""The studies of Ito et al. 2025: cross-validation, grid, tables 1 to 3, figures."""
