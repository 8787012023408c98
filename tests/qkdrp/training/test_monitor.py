import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.systems.response.config import FitConfig
from qkdrp.systems.response.fit_task import ResponseTask
from qkdrp.systems.response.monitors import MONITORS
from qkdrp.training.epoch import Epoch
from qkdrp.training.monitor import BY_LOSS, Direction, Monitor

EPOCH = Epoch(1, 0.5, 0.25, {"validation_auc": 0.75}, {}, 0.0)


def test_a_monitor_reads_its_score_of_an_epoch() -> None:
    assert BY_LOSS.value(EPOCH) == 0.25
    assert MONITORS["auc"].value(EPOCH) == 0.75
    assert Monitor("spearman", Direction.HIGHER).value(EPOCH) is None


def test_progress_lines_call_it_by_its_title() -> None:
    assert [each.title for each in MONITORS.values()] == ["validation AUC", "validation loss"]
    assert Monitor("worst_mse", Direction.LOWER).title == "worst mse"


@pytest.mark.parametrize("name", MONITORS)
def test_settings_choose_what_a_task_watches(name: str) -> None:
    assert ResponseTask(FitConfig(monitor=name).monitor).monitor is MONITORS[name]


def test_an_unknown_monitor_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"monitor = 'mse': choose one of auc, loss\.$"):
        FitConfig.make(monitor="mse")


def test_the_default_is_left_out_of_files() -> None:
    assert "monitor" not in FitConfig().model_dump()
    assert FitConfig(monitor="loss").model_dump()["monitor"] == "loss"
