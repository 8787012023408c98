"""What the dose challenge asks for; imports nothing that takes time."""

TARGET = 3.3
"""Threshold of the challenge's biomarker, ng/mL."""
