import pytest

from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.system import PkpdSystem


@pytest.mark.parametrize(
    ("model", "word"),
    [("mechanistic", "extrapolated"), ("greybox", "head"), ("mlp", "regressor")],
)
def test_a_model_card_speaks_of_its_own_model(model: str, word: str) -> None:
    card = PkpdSystem().card(PkpdConfig.make(model={"model": model}), {"data": "a trial"})
    limits = " ".join(card.limits)
    assert word in limits
    assert ("regressor" in limits) == (model == "mlp")
    assert "For research, not for treatment." in card.limits
