"""Families of circuits: a builder and a specification each."""
