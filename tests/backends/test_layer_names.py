import pytest

from qkdrp.backends.layer_names import check_label, layer_files
from qkdrp.common.errors import BackendError


def test_files_of_a_single_layer_keep_their_names() -> None:
    for label in ("", "core"):
        assert layer_files({label: {"prepared.qpy": b"1"}}) == {"prepared.qpy": b"1"}
    assert layer_files({}) == {}


def test_files_of_several_layers_carry_their_names() -> None:
    found = layer_files({"first": {"prepared.qpy": b"1"}, "a.b": {"prepared.qpy": b"2"}})
    assert found == {"prepared-first.qpy": b"1", "prepared-a.b.qpy": b"2"}


@pytest.mark.parametrize("label", ["a/b", "..", "-a", "a b", ".hidden"])
def test_a_name_that_is_no_part_of_a_file_name_is_refused(label: str) -> None:
    with pytest.raises(BackendError, match="rename the layer"):
        check_label(label)
