from collections.abc import Iterator
from pathlib import Path

import pytest

from qkdrp.circuits import FAMILIES, PQCSpec
from qkdrp.experiments.noise.circuits import FOLDER, Shelf
from tests.circuits.second_family import Twice, TwiceSpec

SOURCE = "depolarizing:p1=0.001"


@pytest.fixture(autouse=True)
def _second_family() -> Iterator[None]:
    FAMILIES.register(Twice())
    yield
    FAMILIES.unregister("twice")


def test_circuits_of_any_family_are_kept_and_found_again(tmp_path: Path) -> None:
    specs = [PQCSpec(2, 1, 1, "single"), TwiceSpec(2, 1, pairs=True)]
    shelf = Shelf(specs, [SOURCE])
    shelf.save(tmp_path)
    assert {path.name for path in (tmp_path / FOLDER).iterdir()} == {
        "depolarizing_p1_0.001-2-1-1-single", "depolarizing_p1_0.001-twice-2x1-with-pairs",
    }  # fmt: skip
    tried = []
    again = Shelf(specs, [SOURCE], tmp_path, lambda *given: tried.append(given))
    assert not tried
    assert [packed.digest for spec in specs for packed in again.of(spec)] == [
        packed.digest for spec in specs for packed in shelf.of(spec)
    ]
    assert [line.partition(" on ")[0] for line in again.describe()] == [
        "circuit (2,1,1) single ring", "circuit twice 2x1 with pairs",
    ]  # fmt: skip
