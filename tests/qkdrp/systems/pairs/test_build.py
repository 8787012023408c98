import pytest
import torch
from torch import nn

from qkdrp.backends import Backend
from qkdrp.common.errors import ConfigError
from qkdrp.systems.pairs.build import build_model
from qkdrp.systems.pairs.config import DataConfig, ModelConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.fit_task import PairsTask
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.rows import rows_of
from qkdrp.training.loop import predict

SMALL = {"n_qubits": 4, "n_encoding": 4, "n_variational": 1, "bridge": "linear"}


def count(model: nn.Module, trainable: bool = True) -> int:
    return sum(w.numel() for w in model.parameters() if w.requires_grad or not trainable)


@pytest.mark.parametrize(
    ("options", "n_parameters"),
    [
        ({}, 979_864),
        ({"core": "frozen"}, 978_544),
        ({"core": "dense"}, 979_864),
        ({"core": "none", "normalisation": "moderated"}, 978_542 + 257),
        ({"model": "classical"}, 980_598),
        ({"model": "classical", "classical_affine": True}, 980_600),
        ({"model": "linear"}, 978_542 + 257),
        ({"normalisation": "layernorm"}, 979_864 + 512),
    ],
)
def test_parameters(backend: Backend, options: dict[str, str], n_parameters: int) -> None:
    model = build_model(ModelConfig.make(**options), 735, backend, seed=0)
    assert count(model) == n_parameters
    if not options:
        parts = (model.drug_branch, model.cell_branch, model.core, model.head)
        assert [count(part) for part in parts] == [519_182, 459_360, 1320, 2]


@pytest.mark.parametrize("options", [{}, {"core": "frozen"}, {"core": "none"}, {"core": "dense"},
                                     {"model": "classical"}, {"model": "linear"}])  # fmt: skip
def test_every_head_starts_at_the_mean(
    backend: Backend, few: PairData, preprocessor: Preprocessor, options: dict[str, str]
) -> None:
    config = ModelConfig.make(**({} if "model" in options else SMALL), **options)
    model, rows = build_model(config, 160, backend, seed=3), rows_of(preprocessor, few)
    from qkdrp.systems.pairs.config import FitConfig

    PairsTask().before_training(model, rows, FitConfig())
    prediction = predict(model, *rows.batch(slice(None))[0])
    assert float(prediction.mean()) == pytest.approx(float(rows.target.mean()), abs=1e-5)


def test_a_pair_alone_or_in_company(
    backend: Backend, few: PairData, preprocessor: Preprocessor
) -> None:
    model, rows = build_model(ModelConfig(), 160, backend, seed=0), rows_of(preprocessor, few)
    some = torch.tensor([3, 399, 12, 3])
    together = predict(model, *rows.batch(some)[0])
    whole = predict(model, *rows.batch(slice(None))[0])[some]
    alone = torch.cat([predict(model, *rows.batch(torch.tensor([row]))[0]) for row in some])
    for other in (whole, alone):
        torch.testing.assert_close(together, other, atol=1e-6, rtol=0)


def test_a_batch_holds_each_line_and_drug_once(few: PairData, preprocessor: Preprocessor) -> None:
    rows = rows_of(preprocessor, few)
    (lines, line_place, atoms, _, molecule, drug_place), target = rows.batch(torch.arange(100))
    assert len(lines) == len(set(few.line[:100].tolist()))
    assert int(molecule[-1]) + 1 == len(set(few.drug[:100].tolist()))
    expected = preprocessor.features(few.lines)[few.line[:100]]
    torch.testing.assert_close(lines[line_place], torch.from_numpy(expected))
    counts = few.drugs.molecules.n_atoms[few.drug[:100]]
    assert molecule.bincount()[drug_place].tolist() == counts.tolist()
    assert len(atoms) == int(molecule.bincount().sum())
    assert len(target) == 100


def test_the_order_of_branches_is_an_option(
    backend: Backend, few: PairData, preprocessor: Preprocessor
) -> None:
    inputs, _ = rows_of(preprocessor, few).batch(slice(4))
    models = [
        build_model(ModelConfig(model="linear", order=order), 160, backend, seed=0)
        for order in ("drug-first", "line-first")
    ]
    with torch.no_grad():
        weight = models[1].head.weight
        weight.copy_(weight.roll(128, dims=1))
    first, second = (predict(model, *inputs) for model in models)
    torch.testing.assert_close(first, second)


def test_dropout_is_where_it_is_said_to_be(backend: Backend) -> None:
    def places(where: str) -> list[float]:
        config = ModelConfig(model="linear", dropout=0.5, dropout_place=where)
        modules = build_model(config, 160, backend, seed=0).modules()
        return [module.p for module in modules if isinstance(module, nn.Dropout)]

    assert [places(w) for w in ("hidden", "last", "both")] == [[0.5, 0], [0, 0.5], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_qubits": 4}, "takes 128 angles, and the branches give 256: say --bridge linear"),
        ({"model": "classical", "core": "frozen"}, "--core frozen says what stands"),
        ({"learn_a_r": True}, "'identity' has no a and r to learn"),
        ({"entangler": "star"}, "choose one of ring, linear, brick, none"),
        ({"model": "hybird"}, "did you mean 'hybrid'"),
    ],
)
def test_settings_that_do_not_fit(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ModelConfig.make(**options)


def test_an_exponent_of_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match="every target 1/2"):
        DataConfig.make(exponent=0)
