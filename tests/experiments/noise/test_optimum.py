from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.noise.answers import answers, details, losses
from qkdrp.experiments.noise.changes import changes_frame, learned_frame, mean_frame
from qkdrp.experiments.noise.config import NoiseConfig
from qkdrp.experiments.noise.optimum import Surface, moves_frame, optimum_frame
from qkdrp.experiments.noise.report_tables import levels_table, optimum_table
from tests.experiments.noise.conftest import made_up, noise_config

A_POINTS = [(1.0, 1.5), (20.0, 1.5), (100.0, 1.5), (20.0, 3.0)]
QUIET, NOISY = {"parts": "none"}, {"scale": 4.0, "shots": 64}


@pytest.fixture
def config(data: Path) -> NoiseConfig:
    return noise_config(data, folds=5, repeats=2)


def planted(
    rng: np.random.Generator, quiet: tuple[float, ...], noisy: tuple[float, ...], spread: float
) -> pd.DataFrame:
    """Return a table with given means by point, folds that differ a lot, points little."""
    folds = rng.uniform(-0.1, 0.1, 10)
    frames = []
    for means, level in ((quiet, QUIET), (noisy, NOISY)):
        scores = {
            point: mean + folds + rng.normal(0.0, spread, 10)
            for point, mean in zip(A_POINTS, means, strict=True)
        }
        frames.append(made_up(scores, level))
    table = pd.concat(frames, ignore_index=True)
    key = ["a", "r", "repeat", "fold"]
    exact = table[table["scale"] == 0].set_index(key)
    same = pd.MultiIndex.from_frame(table[key])
    for score in ("auc", "spearman", "mse"):
        table[f"{score}_exact"] = exact[score].reindex(same).to_numpy()
    return table


def test_a_planted_optimum_is_found_with_its_interval(
    config: NoiseConfig, rng: np.random.Generator
) -> None:
    table = planted(rng, (0.6, 0.7, 0.8, 0.75), (0.8, 0.7, 0.6, 0.75), 0.01)
    found = optimum_frame(table, config).set_index(["score", "scale", "axis"]).sort_index()
    quiet, noisy = found.loc[("auc", 0.0)], found.loc[("auc", 4.0)]
    assert quiet.loc["a", ["a", "a_low", "a_high"]].tolist() == [100.0, 100.0, 100.0]
    assert noisy.loc["a", ["a", "a_low", "a_high"]].tolist() == [1.0, 1.0, 1.0]
    assert noisy.loc["r", ["r", "a"]].tolist() == [3.0, 20.0]
    assert noisy.loc["both", "value"] == pytest.approx(0.8, abs=0.06)
    assert noisy.loc["both", "support"] > 0.99
    # The mean squared error is best where it is lowest.
    assert found.loc[("mse", 4.0, "a"), "a"] == 1.0


def test_indifferent_folds_have_a_wide_interval(
    config: NoiseConfig, rng: np.random.Generator
) -> None:
    table = planted(rng, (0.7,) * 4, (0.7,) * 4, 0.05)
    found = optimum_frame(table, config)
    rows = found[(found["score"] == "auc") & (found["axis"] == "both")]
    assert (rows["support"] < 0.95).all()
    assert (rows["a_low"] < rows["a_high"]).all()


def test_a_planted_move_is_established_and_told(
    config: NoiseConfig, rng: np.random.Generator
) -> None:
    table = planted(rng, (0.6, 0.7, 0.8, 0.75), (0.8, 0.7, 0.6, 0.75), 0.01)
    moves = moves_frame(table, config)
    row = moves.set_index(["score", "axis"]).loc["auc", "a"]
    assert (row["a_quiet"], row["a"]) == (100.0, 1.0)
    assert row["gain"] == pytest.approx(0.2, abs=0.02)
    assert row["q"] < 0.01
    (told,) = answers(moves)
    assert told.startswith("Noise and shots together: by AUC, the best a and r move. In 2 of 3 ")
    assert "a = 1, r = 0.477 pi instead of a = 100" in told
    assert any("both moves the best point in 2 of 3 comparisons" in each for each in details(moves))


def test_noise_and_shots_are_told_apart(config: NoiseConfig, rng: np.random.Generator) -> None:
    # Shots alone move the best point from the third to the first; noise on top of them does not.
    base = planted(rng, (0.6, 0.7, 0.8, 0.75), (0.8, 0.7, 0.6, 0.75), 0.01)
    noisy = base["scale"] == 4.0
    only_shots = base[noisy].assign(scale=0.0, parts="none")
    only_noise = base[~noisy].assign(scale=4.0, parts="all")
    moves = moves_frame(pd.concat([base, only_shots, only_noise], ignore_index=True), config)
    told = {each.split(":")[0]: each for each in answers(moves)}
    assert "do not move" in told["Noise, with infinitely many shots"]
    assert "do not move" in told["Noise, with 64 shots"]
    assert "the best a and r move" in told["Shots, without noise"]
    assert "the best a and r move" in told["Noise and shots together"]
    counts = moves[moves["score"] == "auc"].groupby("cause").size()
    assert counts.to_dict() == {"noise": 6, "shots": 3, "both": 3}


def test_the_same_best_point_everywhere_does_not_move(
    config: NoiseConfig, rng: np.random.Generator
) -> None:
    means = (0.6, 0.8, 0.7, 0.7)
    moves = moves_frame(planted(rng, means, means, 0.01), config)
    assert (moves["gain"] == 0).all()
    assert (moves["p"] == 1).all()
    (told,) = answers(moves)
    assert "do not move" in told


def test_choosing_anew_is_not_flattered_where_nothing_differs(
    config: NoiseConfig, rng: np.random.Generator
) -> None:
    gains, sure = [], 0
    for _ in range(25):
        table = planted(rng, (0.7,) * 4, (0.7,) * 4, 0.05)
        moves = moves_frame(table.assign(spearman=np.nan, mse=np.nan), config)
        row = moves.set_index(["score", "axis"]).loc["auc", "both"]
        gains.append(row["gain"])
        sure += row["p"] < 0.05
    assert np.mean(gains) < 2 * np.std(gains) / np.sqrt(len(gains))
    assert sure <= 4
    (told,) = answers(moves)
    assert "cannot be told" in told
    assert "none of them established" in told


def test_too_little_says_so(config: NoiseConfig, rng: np.random.Generator) -> None:
    table = planted(rng, (0.7,) * 4, (0.7,) * 4, 0.05)
    assert moves_frame(table[table["fold"] < 3], config).empty
    one_point = table[table["a"] == 1.0]
    assert optimum_frame(one_point, config).empty
    (told,) = answers(moves_frame(one_point, config))
    assert "takes at least two points" in told


def test_runs_that_lack_a_point_are_left_out(config: NoiseConfig, rng: np.random.Generator) -> None:
    table = planted(rng, (0.6, 0.7, 0.8, 0.75), (0.8, 0.7, 0.6, 0.75), 0.01)
    gap = (table["fold"] == 2) & (table["a"] == 1.0) & (table["scale"] == 4.0)
    found = optimum_frame(table[~gap], config).set_index(["score", "scale", "axis"])
    assert found.loc[("auc", 4.0, "a"), "n_runs"] == 9
    assert found.loc[("auc", 0.0, "a"), "n_runs"] == 10


def test_changes_are_paired_with_the_noiseless_model(
    config: NoiseConfig, rng: np.random.Generator
) -> None:
    table = planted(rng, (0.7,) * 4, (0.65,) * 4, 0.0)
    changes = changes_frame(table, config.folds)
    assert len(changes) == 3 * len(A_POINTS)
    aucs = changes[changes["score"] == "auc"]
    np.testing.assert_allclose(aucs["change"], -0.05)
    # The same change in every fold says nothing about its spread.
    assert aucs[["low", "high", "p", "q"]].isna().all(axis=None)
    told = "0 are established to be worse than without noise and 0 better"
    assert [told in each for each in losses(changes)] == [True] * 3


def test_changes_that_vary_are_tested(config: NoiseConfig, rng: np.random.Generator) -> None:
    table = planted(rng, (0.7,) * 4, (0.6,) * 4, 0.005)
    changes = changes_frame(table, config.folds)
    assert (changes["low"] < changes["change"]).all()
    assert (changes["q"] < 0.05).all()
    assert all("4 are established to be worse" in each for each in losses(changes))


def test_two_folds_have_values_without_intervals_and_say_so(
    data: Path, rng: np.random.Generator
) -> None:
    config = noise_config(data, folds=2)
    table = planted(rng, (0.6, 0.7, 0.8, 0.95), (0.8, 0.7, 0.6, 0.95), 0.1)
    table = table[table["fold"] < 3]
    optimum, changes = optimum_frame(table, config), changes_frame(table, 2)
    means = mean_frame(table, "auc", 2)
    assert optimum["value"].notna().all()
    assert changes["change"].notna().all()
    for frame in (optimum, changes, means):
        ends = [name for name in frame if name.endswith(("low", "high"))]
        assert frame[ends].isna().all(axis=None)
    assert optimum["support"].isna().all()
    for shown in (optimum_table(optimum, 2), levels_table(table, 2)):
        assert "2 folds give values without intervals" in shown.caption
        assert not shown.frame.astype(str).map(lambda cell: "(" in cell).any(axis=None)
    assert set(optimum_table(optimum, 2).frame["support"]) == {"-"}
    assert all("the largest loss is" in each for each in losses(changes))
    (told,) = answers(moves_frame(table, config))
    assert "takes at least two points and three folds" in told


def test_repeats_do_not_make_the_best_point_surer(
    config: NoiseConfig, rng: np.random.Generator
) -> None:
    # Points differ by chance only; a bootstrap of 50 folds would be sure of one in most tables.
    scores = rng.normal(0.7, 0.05, (5, 4))
    same = Surface(np.zeros((4, 2)), np.tile(scores, (10, 1)), tuple((0, run) for run in range(50)))
    drawn = same.drawn_best(5, rng)
    once = Surface(np.zeros((4, 2)), scores, tuple((0, run) for run in range(5)))
    assert (drawn == same.best()).mean() < (once.drawn_best(5, rng) == once.best()).mean() + 0.15


def test_means_have_intervals_over_folds(config: NoiseConfig, rng: np.random.Generator) -> None:
    table = planted(rng, (0.7,) * 4, (0.65,) * 4, 0.0)
    means = mean_frame(table, "auc", config.folds)
    assert len(means) == 2 * len(A_POINTS)
    assert (means["low"] < means["value"]).all()
    single = mean_frame(table[table["fold"] == 1], "auc", config.folds)
    assert single["low"].isna().all()


def test_learned_values_are_those_of_models_that_learn(
    config: NoiseConfig, rng: np.random.Generator
) -> None:
    table = planted(rng, (0.7,) * 4, (0.65,) * 4, 0.0)
    table["a_end"], table["r_end"] = table["a"], table["r"]
    assert learned_frame(table, config.folds).empty
    learns = table["a"] == 1.0
    table.loc[learns, "model"] = "moderated-learned"
    table.loc[learns, "a_end"] = 1.1 + 0.01 * table.loc[learns, "fold"]
    (row,) = learned_frame(table, config.folds).to_dict("records")
    assert row["a_low"] < row["a_end"] < row["a_high"]
    assert row["r_end"] == row["r"]
