"""Circuits of Team PNU 2025 for PK/PD modelling: angles that are used again in every layer."""
