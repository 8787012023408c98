"""Quantum neural networks: estimators as differentiable functions and torch layers."""
