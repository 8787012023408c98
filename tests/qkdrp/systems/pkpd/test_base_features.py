import numpy as np
import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.registry import find_system


def fitted(**model: object) -> Preprocessor:
    system, config = find_system("pkpd"), PkpdConfig.make(model={"model": "mlp", **model})
    return system.fit_preprocessor(system.load(config.data), config)


def test_base_features_are_covariates_dose_and_time() -> None:
    found = fitted(base_features=True, baseline=True)
    assert found.feature_names(CONCENTRATION) == ("BW", "COMED", "DOSE", "TIME")
    assert found.feature_names(BIOMARKER) == ("BW", "COMED", "DOSE", "TIME", "PD0")
    whole, system = fitted(baseline=True), find_system("pkpd")
    subject = system.load(PkpdConfig.make().data).subjects[-1]
    names = whole.feature_names(BIOMARKER)
    columns = [names.index(name) for name in found.feature_names(BIOMARKER)]
    expected = whole.features_of(subject, BIOMARKER)[:, columns]
    np.testing.assert_array_equal(found.features_of(subject, BIOMARKER), expected)


def test_base_features_are_kept_with_a_run_only_where_they_are_asked_for() -> None:
    for asked in (False, True):
        state = fitted(base_features=asked).state()
        assert ("base_features" in state.details["pkpd"]) == asked
        assert Preprocessor.from_state(state).base_features == asked


def test_mechanisms_have_no_features() -> None:
    with pytest.raises(ConfigError, match="base-features belongs to --model"):
        PkpdConfig.make(model={"model": "mechanistic", "base_features": True})
