"""The second system as an installed package: found by its entry point, in every process."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
"""Folder that ``tests`` is imported from."""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare the system in a folder, as pip does, and put it on the path of all processes."""
    declared = folder / "toy-1.0.dist-info"
    declared.mkdir(parents=True)
    (declared / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (declared / "entry_points.txt").write_text(
        "[qkdrp.systems]\ntoy = tests.toy_system.system:ToySystem\n"
        "layered = tests.toy_system.layered:LayeredSystem\n"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (folder, ROOT))))
