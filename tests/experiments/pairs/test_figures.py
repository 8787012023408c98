from itertools import product

import numpy as np
import pandas as pd
import pytest

from qkdrp.experiments.pairs.figures import figures
from qkdrp.experiments.pairs.setups import Place

PLACE = Place("lpo", 400)
KEY = {"split": "lpo", "size": 400, "data": PLACE.data}


def tables(*models: str) -> dict[str, pd.DataFrame]:
    """Return tables of two seeds and drugs, in which each network is better than the next."""
    errors = {model: 0.001 * (1 + number) for number, model in enumerate(models)}
    curves = ("validation_loss", "test_mse", "angle_sd", "line_sd", "drug_sd")
    return {
        "courses": pd.DataFrame([
            KEY | {"model": model, "seed": seed, "epoch": epoch} | dict.fromkeys(curves, error)
            for (model, error), seed, epoch in product(errors.items(), (0, 1), (1, 2, 3))
        ]),
        "scores": pd.DataFrame([
            KEY | {"model": model, "score": "mse", "mean": error, "low": 0.0, "high": 2 * error}
            for model, error in errors.items()
        ]),
        "drugs": pd.DataFrame([
            KEY | {"model": model, "drug": drug, "name": drug, "n": 9, "mse": error}
            for (model, error), drug in product(errors.items(), ("1", "2"))
        ]),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("models", "own", "others"),
    [
        (("hybrid", "moderated", "classical"), "hybrid", ["classical", "moderated"]),
        (
            ("moderated", "classical", "additive_ridge"),
            "moderated",
            ["classical", "additive_ridge"],
        ),
    ],
)
def test_drugs_are_compared_for_the_hybrid_that_is_there(
    models: tuple[str, ...], own: str, others: list[str]
) -> None:
    found = {title: figure for title, _, figure in figures(tables(*models), [PLACE])}
    axes = found["Drugs, LPO, 400 pairs"].axes
    assert {axis.get_ylabel() for axis in axes} == {f"MSE of {own}"}
    assert [axis.get_xlabel() for axis in axes] == [f"MSE of {other}" for other in others]
    assert all("100% below the line" in axis.get_title() for axis in axes)


@pytest.mark.parametrize("models", [("classical", "additive_ridge"), ("hybrid",)])
def test_without_a_pair_to_compare_there_is_no_figure_of_drugs(models: tuple[str, ...]) -> None:
    assert not [
        title for title, _, _ in figures(tables(*models), [PLACE]) if title.startswith("Drugs")
    ]


def test_advantages_over_networks_and_over_baselines_have_a_panel_each() -> None:
    rows = [
        {"size": size, "printed": printed, "other": other, "advantage": value, "low": value - 1e-4}
        | {"high": value + 1e-4}
        for size, printed, (other, value) in product(
            (50, 200, 5000), (False, True), {"classical": 2e-4, "additive_ridge": -3e-4}.items()
        )
    ]
    ((_, _, figure),) = figures(tables("hybrid") | {"advantages": pd.DataFrame(rows)}, [])
    for axis, other in zip(figure.axes, ("classical", "additive_ridge"), strict=True):
        assert [text.get_text() for text in axis.get_xticklabels()] == ["50", "200", "5,000"]
        assert axis.get_legend_handles_labels()[1] == [f"{other} minus hybrid"]
        points = [line for line in axis.get_lines() if line.get_marker() in {"o", "x"}]
        places = np.concatenate([np.asarray(line.get_xdata()) for line in points])
        assert len(set(places.tolist())) == 6  # no interval covers another
