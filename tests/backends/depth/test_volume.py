import pytest

from qkdrp.backends.depth.volume import QuantumVolume, find_volume, published_volumes
from qkdrp.common.errors import BackendError


def test_the_user_comes_before_the_device_and_the_device_before_the_table() -> None:
    assert find_volume("fake_sherbrooke", 32, 64) == QuantumVolume(64, "user")
    assert find_volume("fake_sherbrooke", 32) == QuantumVolume(32, "device")
    assert find_volume("fake_sherbrooke", None) == QuantumVolume(128, "table")
    assert find_volume("ibm_fez", None) == QuantumVolume(512, "table")
    assert find_volume("fake_boston", None) is None


def test_the_published_table_has_its_misprints_mended() -> None:
    published = published_volumes()
    assert len(published) == 15
    assert published["ibm_torino"] == 512
    assert "ibm_toronto" not in published


@pytest.mark.parametrize(("value", "side"), [(512, 9), (128, 7), (100, 6), (2, 1)])
def test_the_side_is_the_whole_part_of_log2(value: int, side: int) -> None:
    assert QuantumVolume(value, "user").side == side


@pytest.mark.parametrize("value", [1, 0, -8])
def test_a_volume_below_two_is_refused(value: int) -> None:
    with pytest.raises(BackendError, match="expected 2 or more"):
        QuantumVolume(value, "user")
