import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.experiments.pairs.catalogue import STUDIES
from qkdrp.experiments.pairs.contenders import CONTENDERS
from qkdrp.experiments.pairs.explicit import WRITTEN, written_out
from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.setups import EMBEDDED, SHUFFLED, Place, Setup
from qkdrp.systems.pairs.baselines import BASELINES
from qkdrp.systems.pairs.config import PairsConfig
from tests.experiments.pairs.conftest import config_of


def plan_of(study: str, **changes: object) -> PairPlan:
    return PairPlan.open(config_of(study, **changes))


def test_settings_that_decide_numbers_are_written_out() -> None:
    """A default that changes later must change the key, and not what a key stands for."""
    settings = written_out(PairsConfig())
    for section, names in WRITTEN.items():
        assert set(settings[section]) == set(names)
    assert PairsConfig.make(**settings) == PairsConfig()


def test_all_networks_of_a_seed_come_before_the_next_seed() -> None:
    plan = plan_of("pairs-cv", splits=("lpo", "lco"), grouped_models=("linear",), grouped_seeds=2)
    (phase,) = plan.phases(None)  # type: ignore[arg-type]  # one phase that needs no findings
    order = [(t.settings["data"]["split"], t.settings["seed"], t.name) for t in phase.tasks]
    n = 2 + len(BASELINES)
    assert [seed for _, seed, _ in order[: 3 * n]] == [s for s in range(3) for _ in range(n)]
    assert order[0][2] == "linear"
    assert {split for split, _, _ in order[: 3 * n]} == {"lpo"}
    assert [seed for _, seed, _ in order[3 * n :]] == [s for s in range(2) for _ in range(n - 1)]


def test_controls_are_the_same_networks_on_other_pairs() -> None:
    plan = plan_of("pairs-cv", controls=True)
    assert {place.data for place in plan.places()} == {"given", SHUFFLED, EMBEDDED}
    by_data = {p.data: plan.task(Setup("hybrid", p), 0) for p in plan.places()}
    assert by_data[SHUFFLED].shuffled
    assert not by_data[EMBEDDED].shuffled
    assert by_data[EMBEDDED].key == by_data["given"].key  # the study's data are the embedded ones
    assert by_data[SHUFFLED].key != by_data["given"].key


def test_where_the_data_lie_and_what_a_network_is_called_change_no_key() -> None:
    plan = plan_of("pairs-cv")
    task = plan.task(plan.setups[0], 0)
    moved = {**task.settings, "data": {**task.settings["data"], "source": "elsewhere"}}
    assert task.model_copy(update={"settings": moved, "name": "other"}).key == task.key
    others = {plan.task(setup, n).key for setup in plan.setups for n in range(3)}
    assert len(others) == 3 * len(plan.setups)


def test_small_sizes_get_the_steps_they_need() -> None:
    config = config_of("pairs-size", sizes=(50, 5000), epochs=40, min_steps=1500)
    assert config.steps(50) == 1
    assert config.fit(50).epochs == 1500
    assert config.fit(50).patience == 300  # as many times longer
    assert config.look_every(50) == 37
    assert (config.fit(5000).epochs, config.fit(5000).patience) == (40, 8)


def test_a_grid_names_what_differs_from_the_paper() -> None:
    plan = plan_of(
        "pairs-grid",
        models=("hybrid",),
        n_qubits=(8, 4),
        n_encoding=(32,),
        n_variational=(5,),
        rates=(1.8e-3,),
        optimizers=("adam",),
    )
    assert [setup.variant for setup in plan.setups] == [
        "hybrid",
        "hybrid, n_qubits = 4, bridge = linear",
    ]
    assert plan.run_config(plan.setups[1], 0).model.n_angles == 128


def test_a_setting_that_does_not_exist_is_refused() -> None:
    plan = plan_of("pairs-cv")
    with pytest.raises(ConfigError, match="found no setting momentum"):
        plan.run_config(Setup("linear", Place("lpo", 40)).changed(momentum=0.9), 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"models": ("nothing",)}, "models = .*found 'nothing': choose"),
        ({"splits": ("nothing",)}, "splits = .*found 'nothing': choose"),
        ({"sizes": (5,)}, "train_size"),
    ],
)
def test_what_cannot_be_studied(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        plan_of("pairs-cv", **changes)


@pytest.mark.parametrize("name", STUDIES)
def test_presets_plan_what_they_name(name: str) -> None:
    for preset in ("smoke", "small", "full"):
        changes = dict(STUDIES[name].presets.named(preset))
        if "adamw" in changes.get("optimizers", ()):
            changes["optimizers"] = ("adam",)  # others are options of training that may be missing
        plan = plan_of(name, **changes)
        assert {setup.model for setup in plan.setups} <= {*CONTENDERS, *BASELINES}
        assert len({setup.variant for setup in plan.at(plan.places()[0])}) > 1
