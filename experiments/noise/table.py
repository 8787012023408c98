"""The table of results of the study of noise: a row for each training and cell."""

from typing import Any

import pandas as pd

from qkdrp.experiments.ito.grid import Configuration
from qkdrp.experiments.noise.device_choice import Place
from qkdrp.experiments.noise.evaluation import SCORES, CellResult
from qkdrp.experiments.noise.plan import NoisePlan
from qkdrp.experiments.study.outcomes import Findings

MODEL = [
    *("drug", "model", "n_qubits", "n_encoding", "n_variational", "lr"),
    *("training", "train_noise", "train_scale"),
]
"""What is trained, a and r aside."""

POINT = ["a", "r"]
"""Where training begins."""

RUN = ["repeat", "fold"]
"""On which rows."""

LEVEL = ["source", "parts", "scale", "shots"]
"""Where it is evaluated."""

RESPONSES = [
    *(name for score in SCORES for name in (score, f"{score}_sd")),
    *("contrast", "contrast_error", "standard_error", "value_shift", "prediction_shift"),
    *("gradient_initial", "snr_initial", "gradient_final", "snr_final"),
]
"""What came out."""

COLUMNS = [
    *MODEL, *POINT, *RUN, "seed", *LEVEL, "repetitions", *RESPONSES,
    *(f"{score}_exact" for score in SCORES), "a_end", "r_end",
    "n_train", "n_held_out", "n_responder", "jobs", "seconds",
]  # fmt: skip
"""Columns of ``noise.csv``."""


def noise_frame(plan: NoisePlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each training and cell; ``seconds`` is the time of the whole training.

    Cells on hardware come last, with the device as their source and the ids of their jobs.
    """
    rows, by_place = [], {}
    for place, result in plan.results(findings):
        common = _place_row(place) | {
            "seed": result.seed,
            **{f"{name}_exact": getattr(result.exact, name) for name in SCORES},
            "a_end": result.a,
            "r_end": result.r,
            "n_train": result.n_train,
            "n_held_out": result.n_held_out,
            "n_responder": result.n_responder,
            "jobs": "",
            "seconds": result.seconds,
        }
        by_place[place] = common
        rows += [common | _cell_row(cell) for cell in result.cells]
    for place, found in plan.device_results(findings):
        jobs = {"jobs": " ".join(found.jobs), "seconds": found.seconds}
        rows.append(by_place[place] | _cell_row(found.cell) | jobs)
    return pd.DataFrame(rows, columns=COLUMNS)


def _place_row(place: Place) -> dict[str, Any]:
    settings = {
        name: value
        for name, value in place.configuration.row().items()
        if name in Configuration.model_fields
    }
    return settings | {
        "training": place.training.name,
        "train_noise": place.training.noise,
        "train_scale": place.training.scale,
        "repeat": place.repeat + 1,
        "fold": place.fold + 1,
    }


def _cell_row(result: CellResult) -> dict[str, Any]:
    scores = {name: getattr(result.mean, name) for name in SCORES}
    spread = {f"{name}_sd": result.sd and getattr(result.sd, name) for name in SCORES}
    others = result.model_dump(include=set(RESPONSES))
    cell = result.cell.model_dump(include=set(LEVEL))
    return {**cell, "repetitions": result.repetitions, **scores, **spread, **others}


def is_quiet(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which rows have neither noise nor finite shots: all else is held against them."""
    return (frame["scale"] == 0) & (frame["shots"] == 0)
