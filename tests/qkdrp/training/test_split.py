import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.training.split import Split


def ids(text: str) -> np.ndarray:
    return np.array(list(text), dtype=np.str_)


def test_no_id_is_in_two_parts() -> None:
    with pytest.raises(DataError, match="id 'c' is in two parts of the split, train and test"):
        Split(ids("abc"), ids("de"), ids("fc"))
    Split(ids("abc"), ids(""), ids("f"))


def test_no_group_is_in_two_parts() -> None:
    split = Split(ids("abc"), ids("de"), ids("f"))
    split.keep_apart(ids("fedcba"), ids("322111"), "patient")
    split.keep_apart(ids("fedcbax"), ids("3221113"), "patient")
    with pytest.raises(DataError, match="patient '1' is in two parts of the split, train and test"):
        split.keep_apart(ids("fedcba"), ids("122111"), "patient")


def test_a_split_is_read_as_it_was_written() -> None:
    split = Split(ids("abc"), ids("de"), ids("f"))
    again = Split.from_frame(split.to_frame())
    assert {name: part.tolist() for name, part in again.parts().items()} == {
        name: part.tolist() for name, part in split.parts().items()
    }
