"""Names of a model's quantum layers, and of the files that several layers keep side by side."""

import re
from collections.abc import Mapping
from pathlib import PurePath

from qkdrp.common.errors import BackendError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a layer may be called: it becomes a part of file names."""


def check_label(label: str) -> str:
    """Return the name of a layer; an empty one stands for the only layer of a model.

    Raises:
        BackendError: If it cannot be a part of file names.
    """
    if label and not NAME.fullmatch(label):
        raise BackendError(
            f"Found a quantum layer called {label!r}, expected letters, digits, '.', '_' and '-', "
            "beginning with a letter or a digit: rename the layer."
        )
    return label


def layer_file(name: str, label: str) -> str:
    """Return the name of a layer's file, such as ``prepared-first.qpy`` of ``prepared.qpy``."""
    path = PurePath(name)
    return f"{path.stem}-{label}{path.suffix}" if label else name


def layer_files(by_layer: Mapping[str, Mapping[str, bytes]]) -> dict[str, bytes]:
    """Return the files of all layers by name; those of a single layer keep their names.

    Args:
        by_layer: The files of each layer, by the layer's name.
    """
    single = len(by_layer) == 1
    return {
        layer_file(name, "" if single else label): content
        for label, files in by_layer.items()
        for name, content in files.items()
    }
