import json
import math

import pytest
from pydantic import ValidationError

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.ito.config import StudyConfig
from qkdrp.systems.response.config import FitConfig, ModelConfig, TrainConfig


def test_the_defaults_are_those_of_the_paper() -> None:
    config = TrainConfig()
    assert (config.model.a, config.model.r) == (20.0, math.pi / 2)
    assert (config.fit.epochs, config.fit.batch_size, config.fit.patience) == (100, 128, 3)
    assert config.data.variance_threshold == 0.1
    assert config.backend == "aer_exact"


def test_settings_survive_json() -> None:
    config = TrainConfig.make(model={"a": 0.1 + 0.2, "r": math.pi / 3}, seed=4)
    assert TrainConfig.make(**json.loads(json.dumps(config.model_dump()))) == config


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        TrainConfig().seed = 3  # type: ignore[misc]


def test_all_that_is_wrong_is_one_line() -> None:
    with pytest.raises(ConfigError) as caught:
        TrainConfig.make(model={"a": -1.0, "n_qubits": 1}, fit={"lr": math.inf})
    message = str(caught.value)
    assert "\n" not in message
    assert all(name in message for name in ("model.a = -1.0", "model.n_qubits = 1", "fit.lr"))


def test_an_angle_may_be_text() -> None:
    assert TrainConfig.make(model={"r": "pi/2"}) == TrainConfig()
    assert StudyConfig.make(drugs=("x",), models=("moderated",), r=("pi/2", 1.0)).r == (
        math.pi / 2,
        1.0,
    )
    with pytest.raises(
        ConfigError, match=r"^model.r = 'pie': found 'pie', expected radians .*4\.$"
    ):
        TrainConfig.make(model={"r": "pie"})
    with pytest.raises(ConfigError, match="greater than 0"):
        ModelConfig.make(r="0")


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ConfigError, match="dropout"):
        FitConfig.make(dropout=0.1)
    with pytest.raises(ConfigError, match="qubits"):
        ModelConfig.make(qubits=3)
