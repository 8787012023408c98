import pandas as pd
import pytest

from qkdrp.experiments.pkpd.networks.claims import CLAIMS, claims_frame, subjects_frame
from qkdrp.experiments.pkpd.networks.grid import grid_frame, grid_sentences
from qkdrp.experiments.pkpd.networks.modes import modes_frame, modes_sentences
from qkdrp.experiments.pkpd.networks.parts import PARTS, sized, with_fewer
from qkdrp.experiments.pkpd.networks.published import FIGURES, published
from qkdrp.experiments.pkpd.networks.results import Results
from qkdrp.experiments.pkpd.networks.strategies import strategies_frame, strategies_sentences
from tests.experiments.pkpd.networks.conftest import ALL, results_of


def claim(results: Results, name: str) -> str:
    return str(claims_frame(results).set_index("claim").loc[name, "found"])


@pytest.mark.parametrize("figure", FIGURES)
def test_published_figures_are_there(figure: str) -> None:
    assert len(published(figure)) > 3


def test_sizes_stand_beside_published_errors(level: Results) -> None:
    grid = grid_frame(level).set_index(["model", "qubits", "layers"])
    assert len(grid) == 12 + 9
    assert grid.loc[("resqnn_moe", 8, 4), "published"] == 0.2265
    assert grid.loc[("qnn", 8, 3), "published_train"] == 0.221
    assert grid.loc[("qnn", 8, 3), "published"] == 0.430
    assert sized("resqnn_moe", 4, 2) == "resqnn_moe"


def test_the_best_size_is_told_to_be_chosen() -> None:
    results = results_of({"resqnn_moe-8q1l": -0.4})
    lines = list(grid_sentences(grid_frame(results), results))
    assert "(8,1)" in lines[0]
    assert "better. It was chosen as the best of 12 on these subjects." in lines[0]
    assert "Rank correlation with the published errors over 12 sizes" in lines[1]


def test_the_published_best_is_best_or_not() -> None:
    results = results_of({"resmlp_moe": -0.4})
    (first, *rest) = modes_sentences(modes_frame(results), results)
    assert "together have the smallest PD RMSE of 12" in first
    assert len(rest) == 4
    results = results_of({"resmlp_moe": 0.4, "moe-multitask": -0.2})
    (first, *_) = modes_sentences(modes_frame(results), results)
    assert "are not best: they rank 12 of 12" in first
    assert "MoE, multi-task" in first
    assert "worse." in first


def test_strategies_stand_beside_published_errors(level: Results) -> None:
    table = strategies_frame(level).set_index(["endpoint", "encoder", "strategy"])
    assert table.loc[("PD", "resqnn_moe", "mc_dropout"), "published"] == 0.373
    assert table.loc[("PK", "qnn", "baseline"), "published"] == 0.760
    assert len(list(strategies_sentences(level))) == 2 * 4


def test_every_claim_has_a_sentence(level: Results) -> None:
    table = claims_frame(level)
    assert table["claim"].tolist() == list(CLAIMS)
    assert "25% fewer than ResMLP-MoE" in claim(level, "fewer parameters")
    assert "no difference is established" in claim(level, "smaller errors")
    assert "2 times as long, so it is slower" in claim(level, "quicker inference")
    assert not len(claims_frame(results_of(names=ALL[:4])))


def test_fewer_epochs_are_told_only_where_they_are_established(level: Results) -> None:
    assert "no difference is established" in claim(level, "fewer epochs to converge")
    found = claim(results_of(converged={"resqnn_moe": 60}), "fewer epochs to converge")
    assert "difference -40 epochs" in found
    assert "fewer, established" in found


def test_an_advantage_must_grow_as_subjects_get_fewer(level: Results) -> None:
    assert len(subjects_frame(level)) == 4 * 3
    gains = {with_fewer("resqnn_moe", 2): -0.5, with_fewer("resqnn_moe", 5): -0.3}
    found = claim(results_of({**gains, "resqnn_moe": -0.1}), "fewer subjects needed")
    assert "gets fewer" not in found
    assert "get fewer is seen" in found
    back = {with_fewer("resqnn_moe", 2): 0.3}
    assert "is not seen" in claim(results_of(back), "fewer subjects needed")


def test_networks_of_parts_have_names_that_are_known(level: Results) -> None:
    labels = [level.label(name) for part in PARTS.values() for name in part]
    assert len(set(labels)) == len(ALL)
    assert isinstance(grid_frame(results_of(names=ALL[:2])), pd.DataFrame)
