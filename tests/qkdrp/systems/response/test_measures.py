import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qkdrp.common.errors import ConfigError
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.measures import (
    LN_IC50,
    MEASURES,
    TRANSFORMS,
    Measure,
    choose_measure,
)


@given(
    st.lists(st.floats(0.01, 0.99), min_size=1, max_size=20),
    st.sampled_from(list(TRANSFORMS)),
    st.sampled_from(["lower", "higher"]),
)
def test_low_means_sensitive_and_the_way_back_is_exact(
    given_values: list[float], transform: str, direction: str
) -> None:
    measure = Measure("x", "x", direction=direction, transform=transform)  # type: ignore[arg-type]
    values = np.array(given_values)
    scaled = measure.to_scale(values)
    np.testing.assert_allclose(measure.from_scale(scaled), values, rtol=1e-12)
    threshold = float(values[0])
    sensitive = measure.sensitive(values, threshold)
    if (~sensitive).any():
        assert scaled[sensitive].max() <= scaled[~sensitive].min()


def test_the_default_is_ln_ic50_and_leaves_no_trace() -> None:
    assert choose_measure() == LN_IC50 == DataConfig().measured
    given_defaults = DataConfig(measure="ln_ic50", target="value")
    assert given_defaults.model_dump() == DataConfig().model_dump()


def test_an_area_may_have_either_direction() -> None:
    assert choose_measure("auc").direction == "lower"
    assert choose_measure("auc", "higher").direction == "higher"
    assert choose_measure("act_area", "higher").column == "act_area"
    assert choose_measure("ic50") == MEASURES["ic50"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"measure": "act_area"}, "measure = 'act_area'.*--direction lower or --direction higher"),
        ({"direction": "higher"}, "ln IC50 has direction 'lower'"),
        ({"measure": "ic50", "transform": "none"}, "IC50 has transform 'log'"),
        ({"measure": "drug"}, "holds something else"),
        ({"measure": "auc", "direction": "up"}, "direction = 'up'"),
        ({"target": "residual"}, "go together"),
        ({"residual_by": "tissue"}, "go together"),
        ({"split": "s.csv", "stratify_test": True}, "choose"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        DataConfig.make(**settings)
    assert len(str(caught.value)) < 250
