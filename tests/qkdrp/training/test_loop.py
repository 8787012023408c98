from collections.abc import Callable

import numpy as np
import pytest
import torch

from qkdrp.backends import get_backend
from qkdrp.common.errors import ConfigError
from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.config import FitConfig, ModelConfig
from qkdrp.systems.response.fit_task import ResponseTask, response_rows
from qkdrp.systems.response.recipes import build_model
from qkdrp.systems.response.scores import responder_auc
from qkdrp.training.early_stopping import EarlyStopping
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.loop import fit_model, predict, train_step
from qkdrp.training.monitor import BY_LOSS
from qkdrp.training.optimiser import optimiser_of
from qkdrp.training.optimiser_names import OPTIMISERS
from qkdrp.training.rows import Rows
from qkdrp.training.state import TrainingState

N_GENES = 8


def rows(n: int, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    genes = rng.normal(size=(n, N_GENES)).astype(np.float32)
    label = np.tanh(genes[:, 0] + rng.normal(size=n)).astype(np.float32)
    return response_rows(torch.from_numpy(genes), torch.from_numpy(label), label < -0.5)


def classic(**settings: object) -> HybridModel:
    config = ModelConfig.make(model="classic", n_qubits=2, n_encoding=2, **settings)
    return build_model(config, N_GENES, get_backend("statevector"), seed=0)


def run(
    model: HybridModel | None = None,
    train: Rows | None = None,
    validation: Rows | None = None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    *,
    seed: int = 0,
    keep: bool = False,
    **settings: object,
) -> Fit:
    config = FitConfig.make(**{"epochs": 3, "batch_size": 16, "lr": 1e-3, **settings})
    train = train or rows(50, 1)
    return fit_model(
        model or classic(),
        train,
        validation,
        config,
        seed,
        task=ResponseTask(),
        on_epoch=on_epoch,
        keep_interrupted=keep,
    )


def auc_of(fit: Fit) -> list[float]:
    return [epoch.metrics["validation_auc"] or 0.0 for epoch in fit.epochs]


def test_the_loss_falls() -> None:
    fit = run(epochs=30, lr=1e-2)
    assert fit.epochs[-1].train_loss < 0.3 * fit.epochs[0].train_loss


def test_the_weights_of_the_best_epoch_are_restored() -> None:
    model, validation = classic(), rows(40, 2)
    fit = run(model, validation=validation, epochs=12, patience=0, lr=3e-3)
    aucs = auc_of(fit)
    assert fit.best_epoch == 1 + int(np.argmax(aucs))
    assert fit.best_epoch < len(fit.epochs), "pick data where the last epoch is not the best"
    best = fit.epochs[fit.best_epoch - 1]
    prediction = predict(model, *validation.inputs)
    assert responder_auc(validation.extra["responder"], prediction.numpy()) == best.value(
        "validation_auc"
    )
    loss = (prediction - validation.target).square().mean().item()
    assert loss == pytest.approx(best.validation_loss, rel=1e-5)


@pytest.mark.parametrize("patience", [1, 3])
def test_patience_counts_epochs_after_the_best(patience: int) -> None:
    fit = run(validation=rows(40, 2), epochs=60, patience=patience, lr=3e-3)
    assert len(fit.epochs) == fit.best_epoch + patience < 60
    assert not fit.interrupted


def test_no_patience_means_all_epochs() -> None:
    assert len(run(validation=rows(40, 2), epochs=15, patience=0).epochs) == 15


def test_without_validation_the_last_epoch_counts() -> None:
    fit = run(epochs=6, patience=1)
    assert len(fit.epochs) == fit.best_epoch == 6
    assert fit.epochs[0].validation_loss is None
    assert fit.epochs[0].value("validation_auc") is None


def test_without_flags_the_last_epoch_counts() -> None:
    watched = rows(20, 2)
    fit = run(validation=Rows(watched.inputs, watched.target), epochs=4, patience=1)
    assert len(fit.epochs) == fit.best_epoch == 4
    assert fit.epochs[0].validation_loss is not None
    assert fit.epochs[0].value("validation_auc") is None


def test_validation_rows_of_one_class_are_refused() -> None:
    watched = rows(20, 2)
    nobody = response_rows(*watched.inputs, watched.target, np.zeros(20, dtype=bool))
    with pytest.raises(ConfigError, match="0 responders among 20 validation samples"):
        run(validation=nobody, epochs=4, patience=1)


def test_a_last_batch_of_one_is_dropped() -> None:
    assert len(run(train=rows(17, 1), batch_size=16).epochs) == 3


def test_two_samples_are_enough_and_one_is_not() -> None:
    assert len(run(train=rows(2, 1)).epochs) == 3
    with pytest.raises(ConfigError, match="Found 1 training samples, expected at least 2"):
        run(train=rows(1, 1))


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"no longer finite.*epoch 1.*lower the learning rate"):
        run(lr=1e30)


def test_weights_that_are_not_finite_are_an_error() -> None:
    # One batch: its loss is taken before the step that spoils the weights.
    with pytest.raises(ConfigError, match="lower the learning rate"):
        run(lr=1e30, epochs=1, batch_size=128, validation=rows(20, 2))


def test_ctrl_c_keeps_the_best_epoch_so_far() -> None:
    model, validation = classic(), rows(40, 2)

    def stop(epoch: Epoch) -> None:
        if epoch.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(classic(), None, validation, stop, epochs=50, patience=0, lr=3e-3)
    fit = run(model, None, validation, stop, keep=True, epochs=50, patience=0, lr=3e-3)
    assert fit.interrupted
    assert len(fit.epochs) == 4
    best = fit.epochs[fit.best_epoch - 1]
    assert best.value("validation_auc") == max(auc_of(fit))
    prediction = predict(model, *validation.inputs).numpy()
    assert responder_auc(validation.extra["responder"], prediction) == best.value("validation_auc")


@pytest.mark.parametrize("centre", [True, False])
def test_the_head_starts_at_the_mean_label(centre: bool) -> None:
    model, train = classic(), rows(50, 1)
    run(model, train, epochs=1, lr=1e-12, centre_head=centre, batch_size=128)
    model.train()
    difference = abs((model(*train.inputs) - train.target).mean().item())
    assert (difference < 1e-5) == centre


def test_centring_leaves_no_trace_in_the_statistics() -> None:
    centred, plain = classic(), classic()
    run(centred, epochs=1, lr=1e-12)
    run(plain, epochs=1, lr=1e-12, centre_head=False)
    for (name, left), right in zip(centred.named_buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(left, right, msg=name)


def test_a_model_without_a_linear_head_is_not_centred() -> None:
    config = ModelConfig.make(n_qubits=2, n_encoding=1, measurement="single")
    model = build_model(config, N_GENES, get_backend("statevector"), seed=0)
    assert len(run(model, rows(20, 1), epochs=1).epochs) == 1


def test_the_seed_decides_the_course() -> None:
    def course(seed: int) -> list[float]:
        return [epoch.train_loss for epoch in run(seed=seed).epochs]

    assert course(1) == course(1)
    assert course(1) != course(2)


def test_a_and_r_are_recorded() -> None:
    config = ModelConfig.make(n_qubits=2, n_encoding=1, learn_a_r=True, a=2.0, r=1.0)
    model = build_model(config, N_GENES, get_backend("statevector"), seed=0)
    fit = run(model, rows(20, 1), lr=1e-2)
    trace = [epoch.value("a") for epoch in fit.epochs]
    assert trace[0] == pytest.approx(2.0, rel=0.05)
    assert len(set(trace)) == 3
    assert run().epochs[0].value("a") is None


def test_callbacks_see_every_epoch_in_order() -> None:
    seen: list[Epoch] = []
    fit = run(on_epoch=seen.append)
    assert seen == fit.epochs
    assert [epoch.epoch for epoch in seen] == [1, 2, 3]
    assert all(np.diff([epoch.seconds for epoch in seen]) > 0)


@pytest.mark.parametrize("optimizer", OPTIMISERS)
def test_every_optimiser_learns_and_its_state_is_kept(optimizer: str) -> None:
    model, some = classic(), rows(50, 1)
    config = FitConfig.make(optimizer=optimizer, lr=1e-3, batch_size=16)
    optimiser = optimiser_of(model, ResponseTask(), config)
    losses = [train_step(model, some, slice(None), optimiser, ResponseTask()) for _ in range(5)]
    assert losses[-1] < losses[0]
    state = TrainingState(
        model, optimiser, EarlyStopping(BY_LOSS, 0), torch.Generator().manual_seed(0)
    )
    snapshot = state.snapshot()
    assert all(isinstance(tensor, torch.Tensor) for tensor in snapshot.tensors.values())
    state.restore(snapshot)
    train_step(model, some, slice(None), optimiser, ResponseTask())


def test_an_unknown_optimiser_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'adamax'"):
        FitConfig.make(optimizer="adamx")


def test_small_data_get_the_steps_that_they_need() -> None:
    few = rows(33, 1)  # two steps an epoch: the last batch of one row is none
    fit = run(train=few, validation=few, epochs=2, patience=1, min_steps=11, lr=1e-9)
    assert len(fit.epochs) == 6
    assert fit.best_epoch <= 6
    assert len(run(train=few, validation=few, epochs=8, patience=0, min_steps=11).epochs) == 8


def test_new_settings_are_left_out_of_files_where_they_are_not_set() -> None:
    assert {"optimizer", "min_steps"}.isdisjoint(FitConfig().model_dump())
    kept = FitConfig(optimizer="sgd", min_steps=3).model_dump()
    assert (kept["optimizer"], kept["min_steps"]) == ("sgd", 3)
