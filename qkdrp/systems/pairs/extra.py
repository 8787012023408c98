"""The optional packages that read molecules and learn from their graphs."""

from importlib.util import find_spec

from qkdrp.common.errors import ConfigError

NEEDED = {"rdkit": "RDKit", "torch_geometric": "PyTorch Geometric"}
"""Packages of the extra ``graph`` by the name that they are imported by."""


def need_graph_extra() -> None:
    """Refuse to go on without the packages of the extra ``graph``.

    Raises:
        ConfigError: If one is missing; names the extra.
    """
    missing = [title for name, title in NEEDED.items() if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"The system pairs needs {' and '.join(missing)}: pip install 'qkdrp[graph]'."
        )
