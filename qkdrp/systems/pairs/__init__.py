"""The system ``pairs``: how a cell line responds to a drug, from features and molecular graph."""
