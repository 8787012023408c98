import pytest
import torch

from qkdrp.backends import Backend
from qkdrp.systems.pairs.branch_centring import centre_branches
from qkdrp.systems.pairs.build import build_model
from qkdrp.systems.pairs.config import ModelConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.rows import rows_of
from qkdrp.training.loop import predict


@pytest.mark.parametrize("order", ["drug-first", "line-first"])
@pytest.mark.parametrize("seed", range(3))
def test_the_first_loss_is_the_variance_of_the_target(
    backend: Backend, few: PairData, preprocessor: Preprocessor, seed: int, order: str
) -> None:
    config = ModelConfig(model="classical", order=order)
    model, rows = build_model(config, 160, backend, seed), rows_of(preprocessor, few)
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    centre_branches(model, rows, most=len(rows))
    prediction = predict(model, *rows.batch(slice(None))[0])
    loss = float(torch.nn.functional.mse_loss(prediction, rows.target))
    assert loss == pytest.approx(float(rows.target.var(correction=0)), rel=0.05)
    changed = {
        name for name, old in before.items() if not torch.equal(old, model.state_dict()[name])
    }
    assert len(changed) == 2
    assert all(name.endswith("bias") for name in changed)
