"""Families of circuits: a specification and a builder each."""
