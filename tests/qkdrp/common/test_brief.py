from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qkdrp.common.brief import Brief


@dataclass(frozen=True, repr=False)
class Example(Brief):
    name: str
    values: np.ndarray
    parts: tuple[object, ...]
    qubits: tuple[int, ...]
    path: Path


def test_arrays_and_lists_are_counted() -> None:
    example = Example("x" * 500, np.zeros((3, 4)), (object(), object()), (1, 2), Path("a/b"))
    shown = repr(example)
    assert "values=<shape (3, 4)>, parts=<2 object>, qubits=(1, 2), path='a/b'" in shown
    assert len(shown) < 300
    assert "\n" not in shown
