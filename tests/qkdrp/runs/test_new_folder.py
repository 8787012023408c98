from pathlib import Path

import pytest

from qkdrp.common.errors import RunError
from qkdrp.runs.new_folder import NewFolder, claim_folder


def test_a_wanted_folder_may_be_new_or_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "new"):
        assert claim_folder(tmp_path / name, Path("unused")) == tmp_path / name


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(RunError, match="already there"):
            claim_folder(taken, Path("unused"))


def test_a_default_folder_is_never_given_twice(tmp_path: Path) -> None:
    given = [claim_folder(None, tmp_path / "a") for _ in range(3)]
    assert [path.name for path in given] == ["a", "a-2", "a-3"]


def test_a_folder_that_was_made_is_given_back_with_those_above_it(tmp_path: Path) -> None:
    folder = NewFolder.claim(tmp_path / "deep" / "run", Path("unused"))
    (folder.path / "config.json").write_text("{}")
    folder.give_back(["config.json", "history.csv"])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_the_user_is_given_back_empty(tmp_path: Path) -> None:
    folder = NewFolder.claim(tmp_path, Path("unused"))
    (folder.path / "config.json").write_text("{}")
    folder.give_back(["config.json"])
    assert tmp_path.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_what_others_put_there_is_not_deleted(tmp_path: Path) -> None:
    folder = NewFolder.claim(tmp_path / "run", Path("unused"))
    (folder.path / "mine.txt").write_text("mine")
    folder.give_back(["config.json"])
    assert (tmp_path / "run" / "mine.txt").read_text() == "mine"
