import math
from pathlib import Path
from typing import Any

import pytest

from qkdrp.common.errors import ConfigError, QkdrpError
from qkdrp.experiments.ito.catalogue import A_VALUES, R_VALUES
from qkdrp.experiments.ito.grid import configurations
from qkdrp.experiments.noise.config import PRESETS, NoiseConfig, preset
from tests.experiments.noise.conftest import NOISE, noise_config


def points(config: NoiseConfig, model: str = "moderated") -> set[tuple[float, float]]:
    return {(choice["a"], choice["r"]) for choice in config.choices(model)}


def test_a_cross_is_all_a_at_one_r_and_all_r_at_one_a(data: Path) -> None:
    config = noise_config(data, a=A_VALUES, r=R_VALUES, reference_r=math.pi / 2)
    found = points(config)
    assert found == {(a, math.pi / 2) for a in A_VALUES} | {(20.0, r) for r in R_VALUES}
    assert len(found) == len(A_VALUES) + len(R_VALUES) - 1
    assert len(configurations(config)) == len(found)


def test_a_grid_is_all_pairs_and_learned_models_begin_at_the_reference(data: Path) -> None:
    config = noise_config(data, design="grid", a=(1.0, 2.0), r=(1.0, 2.0, 3.0))
    assert len(points(config)) == 6
    assert points(config, "moderated-learned") == {(20.0, 1.5)}


def test_noise_aware_models_see_each_source_and_scale(data: Path) -> None:
    config = noise_config(data, scales=(0.0, 2.0, 4.0), noise=("fake_fez", NOISE))
    fixed = [each.label for each in config.trainings_of("moderated")]
    assert fixed == ["exact", "noise-aware x1", "noise-aware x1"]
    learned = [(each.noise, each.scale) for each in config.trainings_of("moderated-learned")]
    assert learned == [("", 0.0), *((n, s) for n in ("fake_fez", NOISE) for s in (1.0, 2.0, 4.0))]


def test_cells_hold_no_noise_once_whatever_the_parts(data: Path) -> None:
    cells = noise_config(data, parts=("all", "gates"), shots=(64, 0), scales=(2.0, 0.0)).cells()
    found = [(cell.parts, cell.on, cell.scale, cell.shots) for cell in cells]
    assert found == [
        ("none", (), 0.0, 0), ("none", (), 0.0, 64),
        ("all", ("gates", "readout"), 2.0, 0), ("all", ("gates", "readout"), 2.0, 64),
        ("gates", ("gates",), 2.0, 0), ("gates", ("gates",), 2.0, 64),
    ]  # fmt: skip


def test_the_noiseless_cell_is_always_there(data: Path) -> None:
    cells = noise_config(data, shots=(64,), scales=(2.0,)).cells()
    assert [(cell.scale, cell.shots) for cell in cells] == [(0.0, 0), (2.0, 64)]


def test_presets_are_settings_of_the_study() -> None:
    for name in PRESETS.settings:
        config = NoiseConfig.make(drugs=("A",), **preset(name))
        assert config.cells()
    full = NoiseConfig.make(drugs=("A",), **preset("full"))
    assert len(full.choices("moderated")) == len(A_VALUES) * len(R_VALUES)
    with pytest.raises(ConfigError, match="choose one of smoke, small, full"):
        preset("huge")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scales": (-1.0,)}, "scales"),
        ({"shots": (-1,)}, "shots"),
        ({"trainings": ("sleepy",)}, "choose one of exact, noise-aware"),
        ({"design": "star"}, "design"),
        ({"repetitions": 0}, "repetitions"),
        ({"scales": ()}, "at least one value"),
        ({"noise": ("fake_nothing",)}, "Unknown device"),
        ({"parts": ("relaxation",)}, "has no part 'relaxation'"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, Any], message: str, data: Path) -> None:
    with pytest.raises(QkdrpError, match=message):
        noise_config(data, **changes).cells()
