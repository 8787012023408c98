import pytest
import torch
from torch import nn

from qkdrp.common.errors import ConfigError
from qkdrp.training.config import FitConfig
from qkdrp.training.device import find_device
from qkdrp.training.loop import fit_model, predict
from qkdrp.training.rows import Rows
from qkdrp.training.task import RegressionTask


def test_the_processor_is_always_there() -> None:
    assert find_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "meta", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"device = '{name}': torch cannot compute there"):
        find_device(name)


def test_a_training_elsewhere_is_refused_before_it_begins() -> None:
    model, rows = nn.Linear(2, 1), Rows((torch.ones(4, 2),), torch.ones(4, 1))
    before = model.weight.detach().clone()
    with pytest.raises(ConfigError, match="'meta'"):
        fit_model(model, rows, None, FitConfig(device="meta"), 0, task=RegressionTask())
    assert torch.equal(model.weight.detach(), before)


def test_rows_move_whole_and_keep_their_kind() -> None:
    class Marked(Rows):
        """Rows of a system."""

    moved = Marked((torch.ones(3, 2),), torch.ones(3)).to(torch.device("meta"))
    assert isinstance(moved, Marked)
    assert {part.device.type for part in (*moved.inputs, moved.target)} == {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_training_on_an_accelerator_ends_with_a_model_here() -> None:
    torch.manual_seed(0)
    x = torch.randn(40, 3)
    rows, model = Rows((x,), x.sum(1, keepdim=True)), nn.Linear(3, 1)
    config = FitConfig(epochs=50, lr=0.1, batch_size=8, device="cuda")
    fit = fit_model(model, rows, rows, config, 0, task=RegressionTask())
    assert fit.epochs[-1].train_loss < fit.epochs[0].train_loss
    assert predict(model, x).device.type == model.weight.device.type == "cpu"


def test_the_processor_is_left_out_of_files() -> None:
    assert "device" not in FitConfig().model_dump()
    assert FitConfig(device="cuda").model_dump()["device"] == "cuda"
