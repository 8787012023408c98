import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.pkpd.cv.contenders import LINEAR, MECHANISTIC, Variant, contender
from qkdrp.experiments.pkpd.cv.differences import differences_frame
from qkdrp.experiments.pkpd.cv.networks import NETWORKS, OF_CIRCUITS, WORDS, network
from qkdrp.experiments.pkpd.cv.options import PRESETS
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.network_choices import NETWORKS as CHOICES
from tests.experiments.pkpd.cv.conftest import plan_of
from tests.experiments.pkpd.cv.test_differences import made


def test_a_name_says_what_is_trained() -> None:
    found = contender("resqnn_moe-frozen-8q3l-multitask-4s")
    assert found.label == "ResQNN-MoE, random circuits, (8,3), multi-task, 4 subjects a dose"
    assert found.subjects == 4
    settings = PkpdConfig.make(model=dict(found.settings)).model
    assert (settings.model, settings.core, settings.pkpd_mode) == (
        "resqnn_moe", "frozen", "multitask",
    )  # fmt: skip
    assert (settings.n_qubits, settings.n_layers) == (8, 3)


def test_the_network_of_earlier_studies_is_what_it_was() -> None:
    assert contender("mlp").settings == {"model": "mlp"}
    assert contender("mlp-cascade").settings["pkpd_mode"] == "cascade"


@pytest.mark.parametrize("model", NETWORKS)
def test_every_network_takes_the_words_that_fit_it(model: str) -> None:
    for word, (_, settings, _) in WORDS.items():
        if CHOICES[model].circuits or not settings.keys() & OF_CIRCUITS:
            if word == "qexperts" and model != "resqnn_moe":
                continue
            found = network(f"{model}-{word}")
            assert found is not None
            PkpdConfig.make(model=dict(found.settings))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resqnn_moe-frosen", "did you mean 'frozen'"),
        ("resmlp_moe-frozen", "has no circuits"),
        ("qnn-frozen-frozen", "each word once"),
        ("qnn-0s", "at least one training subject"),
        ("transformer", "choose one of"),
    ],
)
def test_a_wrong_name_is_told(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        contender(name)


def test_twins_are_compared_and_networks_stand_beside_references() -> None:
    names = ("resqnn_moe", "resqnn_moe-dense", "resmlp_moe", "qnn", MECHANISTIC, LINEAR, "ridge")
    found = {Variant(name): made(0.1, seed) for seed, name in enumerate(names)}
    table = differences_frame(found)
    pairs = {frozenset(each) for each in zip(table["left"], table["right"], strict=True)}
    assert {"resqnn_moe", "resqnn_moe-dense"} in pairs
    assert {"resqnn_moe", "resmlp_moe"} in pairs
    assert {"qnn", MECHANISTIC} in pairs
    assert {"qnn", LINEAR} in pairs
    assert {"qnn", "resqnn_moe"} not in pairs
    assert {"qnn", "ridge"} not in pairs


def test_only_the_main_networks_are_trained_without_the_baseline() -> None:
    plan = plan_of(**PRESETS.named("networks"), structure="2-I")
    told = {each.name for each in plan.variants if each.told}
    untold = {each.name for each in plan.variants if not each.told}
    assert {"resqnn_moe-lowrank", "resqnn_moe", "qnn-dense", "ridge"} <= told
    assert {"resqnn_moe", "resmlp_moe", "ridge", "dose_time_mean"} <= untold
    assert not {"resqnn_moe-lowrank", "qnn-dense"} & untold
