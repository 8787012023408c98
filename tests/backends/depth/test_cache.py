from pathlib import Path

from qkdrp.backends.depth.cache import Cache


def test_what_is_put_is_there(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.get("abc") is None
    cache.put("abc", {"a": [1, 2.5]})
    assert Cache(tmp_path).get("abc") == {"a": [1, 2.5]}
    assert [path.name for path in tmp_path.rglob("*.json")] == ["abc.json"]


def test_damage_is_as_if_nothing_were_there(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("abc", 1)
    next(tmp_path.rglob("abc.json")).write_text("{")
    assert cache.get("abc") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    cache = Cache(file)
    cache.put("abc", 1)
    assert cache.get("abc") is None


def test_no_folder_keeps_nothing() -> None:
    cache = Cache(None)
    cache.put("abc", 1)
    assert cache.get("abc") is None
