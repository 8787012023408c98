import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = ("circuits", "backends", "qkdrp", "experiments")
"""Top-level folders of code."""

LEVELS = ("common", *ROOMS)
"""From the ground up: a level may import from itself and from those before it."""

GROUND = Path("qkdrp", "common")
"""Folder of the lowest level."""

CIRCUITS_MAY_IMPORT = {"numpy", "qiskit", "sympy", "lazy_loader"}
MOST_LINES = 400


def sources(room: str) -> list[Path]:
    found = [path for end in ("py", "pyi") for path in sorted((ROOT / room).rglob(f"*.{end}"))]
    assert found, f"{room} was moved: look for it where it is"
    return found


def level_of(module: str) -> str:
    """Return the level that a module name points into."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LEVELS else "qkdrp"


def files_of(level: str) -> list[Path]:
    """Return the files of a level."""
    ground = ROOT / GROUND
    if level == GROUND.name:
        return sources(str(GROUND))
    return [path for path in sources(level) if not path.is_relative_to(ground)]


def imported(path: Path) -> set[str]:
    """Return the absolute names of all that a file imports, wherever it does."""
    room = path.relative_to(ROOT).parts[0]
    package = ["qkdrp", *(() if room == "qkdrp" else (room,))]
    package += path.relative_to(ROOT / room).parts[:-1]
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("level", LEVELS)
def test_imports_go_down_only(level: str) -> None:
    upper = LEVELS[LEVELS.index(level) + 1 :]
    # The package's front door re-exports from every room below the studies.
    for path in files_of(level):
        ours = {name for name in imported(path) if name.split(".")[0] == "qkdrp"}
        wrong = {name for name in ours if level_of(name) in upper}
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_circuits_need_little() -> None:
    allowed = CIRCUITS_MAY_IMPORT | sys.stdlib_module_names
    for path in sources("circuits"):
        for name in imported(path):
            first = name.split(".")[0]
            fits = first in allowed or (
                first == "qkdrp" and level_of(name) in {"common", "circuits"}
            )
            assert fits, f"{path.relative_to(ROOT)} imports {name}"


def test_the_ground_needs_neither_torch_nor_pandas_nor_qiskit() -> None:
    loaded = "import sys; import qkdrp.common.errors, qkdrp.common.files, qkdrp.common.digests; "
    found = subprocess.run(
        [sys.executable, "-c", loaded + "print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not {"torch", "pandas", "qiskit"} & set(found.stdout.split())


def test_every_package_is_installed() -> None:
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    found = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("__init__.py"):
            inner = path.parent.relative_to(ROOT / room).parts
            found.add(".".join(["qkdrp", *(() if room == "qkdrp" else (room,)), *inner]))
    assert listed == found


def test_the_rooms_are_mapped() -> None:
    folders = PROJECT["tool"]["setuptools"]["package-dir"]
    assert {name: folder for name, folder in folders.items() if folder != "qkdrp"} == {
        f"qkdrp.{room}": room for room in ROOMS if room != "qkdrp"
    }


def test_every_folder_of_code_is_a_package() -> None:
    for room in ROOMS:
        folders = {path.parent for path in (ROOT / room).rglob("*.py")}
        assert all((folder / "__init__.py").is_file() for folder in folders)


@pytest.mark.parametrize("room", [*ROOMS, "tests"])
def test_files_stay_short(room: str) -> None:
    for path in sources(room):
        assert len(path.read_text().splitlines()) <= MOST_LINES, path.relative_to(ROOT)
