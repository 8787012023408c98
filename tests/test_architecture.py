import ast
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = ("circuits", "backends", "qkdrp", "experiments")
"""Top-level folders of code."""

CIRCUITS_MAY_IMPORT = {"numpy", "qiskit", "sympy", "lazy_loader"}
MOST_LINES = 400

MOST_LINES_OF_A_FUNCTION = 60

LONG_FUNCTIONS = {
    "backends/exact/kernels.py: sweep",  # a kernel takes flat arguments, each with its line
}
"""Functions that may be longer."""


def sources(room: str) -> list[Path]:
    found = [path for end in ("py", "pyi") for path in sorted((ROOT / room).rglob(f"*.{end}"))]
    assert found, f"{room} was moved: look for it where it is"
    return found


def package_of(path: Path) -> list[str]:
    """Return the parts of the name of the package that a file is in."""
    room = path.relative_to(ROOT).parts[0]
    package = ["qkdrp", *(() if room == "qkdrp" else (room,))]
    return [*package, *path.relative_to(ROOT / room).parts[:-1]]


def folder_of(package: str) -> Path:
    """Return the folder of a package of ours."""
    parts = package.split(".")
    mapped = len(parts) > 1 and parts[1] in ROOMS
    return ROOT.joinpath(*(parts[1:] if mapped else parts))


def has_front_door(package: str) -> bool:
    return (folder_of(package) / "__init__.pyi").is_file()


def is_module(package: str, name: str) -> bool:
    folder = folder_of(package)
    return (
        (folder / f"{name}.py").is_file()
        or (folder / name / "__init__.py").is_file()
        or (package == "qkdrp" and name in ROOMS)
    )


def imported(path: Path) -> set[str]:
    """Return the absolute names of all that a file imports, wherever it does."""
    package = package_of(path)
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def test_circuits_need_little() -> None:
    allowed = CIRCUITS_MAY_IMPORT | sys.stdlib_module_names
    for path in sources("circuits"):
        for name in imported(path):
            first = name.split(".")[0]  # of our own, what the contracts of imports allow
            assert first in allowed | {"qkdrp"}, f"{path.relative_to(ROOT)} imports {name}"


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


def long_functions(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    where = path.relative_to(ROOT).as_posix()
    return {
        f"{where}: {node.name}"
        for node in functions
        if (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    }


@pytest.mark.parametrize("room", ROOMS)
def test_functions_stay_short(room: str) -> None:
    paths = [path for path in sources(room) if path.suffix == ".py"]
    assert set().union(*map(long_functions, paths)) <= LONG_FUNCTIONS


def late_imports(path: Path) -> set[str]:
    """Return what a file imports from the front door of a package that it is in."""
    package = package_of(path)
    inside = {".".join(package[: length + 1]) for length in range(len(package))}
    doors = {each for each in inside if has_front_door(each)}
    split = [(name, *name.rpartition(".")[::2]) for name in imported(path)]
    return {name for name, module, last in split if module in doors and not is_module(module, last)}


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_imports_from_its_own_front_door(room: str) -> None:
    """Names of ``__init__.pyi`` are loaded late: a circle that import-linter does not see."""
    for path in (path for path in sources(room) if path.suffix == ".py"):
        assert not late_imports(path), path.relative_to(ROOT)
