from pathlib import Path
from types import ModuleType

import pytest

from qkdrp.backends.depth import cache, sweep, trial
from qkdrp.backends.depth.cache import Cache
from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.sweep import Request, Sweep
from qkdrp.backends.depth.variant import Variant
from qkdrp.backends.isa import placements
from qkdrp.circuits import PQCSpec
from qkdrp.circuits.reduce import circuit as reduce


def test_what_is_put_is_there(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    assert kept.get("abc") is None
    kept.put("abc", {"a": [1, 2.5]})
    assert Cache(tmp_path).get("abc") == {"a": [1, 2.5]}
    assert [path.name for path in tmp_path.rglob("*.json")] == ["abc.json"]


def test_damage_is_as_if_nothing_were_there(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    kept.put("abc", 1)
    next(tmp_path.rglob("abc.json")).write_text("{")
    assert kept.get("abc") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    kept = Cache(file)
    kept.put("abc", 1)
    assert kept.get("abc") is None


def test_no_folder_keeps_nothing() -> None:
    kept = Cache(None)
    kept.put("abc", 1)
    assert kept.get("abc") is None


def test_the_key_follows_the_code_that_weighs_and_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a version, which stays the same while code changes."""
    (tmp_path / "trial.py").write_text("SWAP_GATES = 3\n")
    monkeypatch.setattr(cache, "files", lambda _package: tmp_path)
    found = []
    for source in ("SWAP_GATES = 3\n", "SWAP_GATES = 2\n"):
        (tmp_path / "trial.py").write_text(source)
        found.append(cache.code_version.__wrapped__())
    assert found[0] != found[1]


@pytest.mark.parametrize("module", [reduce, placements, trial, sweep])
def test_all_code_of_trials_is_in_the_key(module: ModuleType) -> None:
    assert module.__name__.startswith(tuple(f"{package}." for package in cache.CODE))


def test_numbers_of_other_code_are_not_taken(
    tmp_path: Path, manila: DeviceSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(Variant(PQCSpec(2, 1, 1)), "fake_manila", 1, (0,))
    tried, try_out = [], sweep._try
    monkeypatch.setattr(sweep, "_try", lambda *given: tried.append(given) or try_out(*given))
    for version in ("a", "a", "b"):
        monkeypatch.setattr(sweep, "code_version", lambda version=version: version)
        with Sweep({"fake_manila": manila}, Cache(tmp_path), workers=1) as each:
            each.trials([request])
    assert len(tried) == 2
