import csv
import json
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.files import atomic, remove, write_csv, write_json


def fail_halfway(path: Path) -> None:
    with atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("stopped")


def test_a_file_appears_with_the_end_of_the_block(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with atomic(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
        assert temporary.suffix == ".txt"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "whole"


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stopped"):
        fail_halfway(tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="stopped"):
        fail_halfway(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_what_killed_writers_left_goes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a[1].safetensors"
    with atomic(path) as temporary:
        pass
    temporary.touch()  # as if another process had been killed while it wrote
    others = [tmp_path / "a.safetensors", tmp_path / ".a[1]-notes.safetensors"]
    for other in others:
        other.touch()
    remove(path)
    assert sorted(tmp_path.iterdir()) == sorted(others)
    remove(path)


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic(tmp_path / "a.txt"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_json(tmp_path / "a.json", [])
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_json_is_readable_and_complete(tmp_path: Path) -> None:
    content = {"a": [1, 0.1 + 0.2, None], "b": True}
    write_json(tmp_path / "a.json", content)
    assert json.loads((tmp_path / "a.json").read_text()) == content
    assert (tmp_path / "a.json").read_text().endswith("\n")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_what_is_no_number(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"a": value})
    assert list(tmp_path.iterdir()) == []


def test_csv_reads_back_to_the_last_bit(tmp_path: Path, rng: np.random.Generator) -> None:
    numbers = np.concatenate([rng.normal(size=200), 10.0 ** rng.uniform(-300, 300, 200)])
    write_csv(tmp_path / "a.csv", pd.DataFrame({"x": numbers}))
    with (tmp_path / "a.csv").open() as file:
        back = [float(row["x"]) for row in csv.DictReader(file)]
    assert back == numbers.tolist()
