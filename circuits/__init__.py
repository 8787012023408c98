"""Circuits: families and their specifications, the Pauli program, logical resources.

The names of ``__init__.pyi`` load when they are first used (Scientific Python's SPEC 1), so that
the command line can read the errors and names here without importing Qiskit.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
