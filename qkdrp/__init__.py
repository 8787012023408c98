"""Quantum-classical hybrid models of anti-cancer drug response.

The names of ``__init__.pyi`` load when they are first used (Scientific Python's SPEC 1), so that
``import qkdrp`` and ``qkdrp --help`` stay quick.
"""

from importlib.metadata import version

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = version("qkdrp")
