"""WHERE circuits run: one module per backend, and the QNN and torch layer over them.

The names of ``__init__.pyi`` load when they are first used (Scientific Python's SPEC 1).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
