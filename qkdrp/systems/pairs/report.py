"""What the report page of a run says: fit, the layer and its angles, drugs."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from qkdrp.circuits import compile_program
from qkdrp.circuits.pauli.effect import idle_weights
from qkdrp.systems.pairs.build import pqc_of
from qkdrp.systems.pairs.config import ModelConfig, PairsConfig
from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.figures import (
    LEARNING_CURVE,
    PREDICTIONS,
    SPREAD,
    length_scale_figure,
)
from qkdrp.systems.pairs.length_scale import (
    LengthScale,
    angles_of,
    exact_layer,
    measure,
    n_points,
    standard_points,
)
from qkdrp.systems.pairs.model import PairModel
from qkdrp.systems.pairs.per_drug import PER_DRUG, per_drug, shown
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.rows import rows_of
from qkdrp.systems.pairs.spread import BEYOND_PI, SPREADS
from qkdrp.systems.pairs.words import angle_words, scale_words, spread_words
from qkdrp.training.picture import Picture
from qkdrp.training.run_report import (
    DrawnFigure,
    ReportPart,
    ReportSection,
    ReportTable,
    RunContent,
    RunReport,
)

EPOCHS_SHOWN = 12
"""Epochs in the table of spreads."""

Content = RunContent[PairsConfig, PairData, Preprocessor]


def report_of(run: Content) -> RunReport:
    """Return what the page of a run says beside scores and settings."""
    sections = [_fit_section(), *_layer_sections(run), *_drug_section(run)]
    return RunReport(sections)


def _fit_section() -> ReportSection:
    return ReportSection(
        "Course of the training",
        [
            DrawnFigure(
                LEARNING_CURVE,
                "Losses and predictions by epoch",
                "Left: squared error of the target; the model has the weights of the dotted epoch. "
                "Right: how much predictions of validation pairs differ from each other; a model "
                "that predicts the mean for all is at 0.",
            ),
            DrawnFigure(
                PREDICTIONS,
                "Predicted against measured target of the test pairs",
                "Pairs of one drug form clouds: how well a model tells lines apart is how well "
                "it follows the dotted line within a cloud.",
            ),
        ],
    )


def _layer_sections(run: Content) -> Iterator[ReportSection]:
    """Yield the sections on circuit and angles; those on angles where there is a circuit."""
    config, model = run.trained.config.model, run.trained.model
    if not config.quantum or not isinstance(model, PairModel):
        return
    angles = None if run.rows is None else _test_angles(run, model)
    with exact_layer(config, model) as layer:
        standard = measure(layer, standard_points(config))
        own = None if angles is None else measure(layer, angles)
    yield ReportSection(
        "The circuit and its length scale",
        [
            *_idle_words(config),
            *scale_words(config, standard),
            _scale_figure(standard, own),
            _scale_table(standard, own),
        ],
    )
    yield ReportSection(
        "Angles", [*_spread_parts(run, standard), *angle_words(config, standard, angles)]
    )


def _test_angles(run: Content, model: PairModel) -> np.ndarray:
    """Return the angles of test pairs, evenly spread over them."""
    assert run.rows is not None
    most = min(n_points(run.trained.config.model), len(run.rows))
    places = np.linspace(0, len(run.rows) - 1, most).round().astype(np.int64)
    inputs, _ = rows_of(run.trained.preprocessor, run.rows.at(places)).batch(slice(None))
    return angles_of(model, inputs)


def _idle_words(config: ModelConfig) -> list[str]:
    """Return how many weights of the circuit change nothing, counted from its Pauli program."""
    pqc = pqc_of(config)
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    idle = idle_weights(program)
    start = (
        f"{pqc.n_qubits} qubits, {pqc.n_inputs} angles, {pqc.n_weights} weights, "
        f"{pqc.circuit.count_ops().get('cx', 0)} CNOTs"
    )
    if not len(idle):
        return [f"{start}. All weights count."]
    blocks, qubits = np.divmod(idle, config.n_qubits)
    where = "; ".join(
        f"layer {block}, qubits {', '.join(map(str, qubits[blocks == block].tolist()))}"
        for block in np.unique(blocks).tolist()
    )
    return [
        f"{start}. {len(idle)} of the weights change no prediction, whatever the angles are: in "
        "the Pauli program of the circuit, their rotations commute with all that follows and with "
        f"what is read. So {pqc.n_weights - len(idle)} weights work. Idle ones, counted from 0: "
        f"{where}."
    ]


def _scale_table(standard: LengthScale, own: LengthScale | None) -> ReportTable:
    columns = {"moved by (rad)": standard.moves, "angles of N(0, 1)": standard.correlations}
    if own is not None:
        columns["angles of the test pairs"] = own.correlations
    return ReportTable(
        "Correlation of the circuit's output with what it was before all angles moved",
        pd.DataFrame(columns),
        3,
    )


def _scale_figure(standard: LengthScale, own: LengthScale | None) -> Picture:
    return Picture(
        "How far angles may move",
        "At 1 the output is what it was, at 0 it has nothing to do with it; grey: one half. Angles "
        f"drawn from N(0, 1) show the circuit alone, at {standard.n_points} points; those of the "
        "test pairs show it where this model uses it.",
        length_scale_figure(standard, own),
    )


def _spread_parts(run: Content, standard: LengthScale) -> list[ReportPart]:
    """Return the spread of embeddings by epoch, beside the length scale."""
    history = run.history
    if not set(SPREADS) <= set(history.columns) or history[list(SPREADS)].isna().all(axis=None):
        return []
    best = run.metrics["best_epoch"]
    places = np.unique(np.linspace(0, len(history) - 1, EPOCHS_SHOWN).round().astype(int))
    rows = history.iloc[np.union1d(places, np.flatnonzero(history["epoch"] == best))]
    names = {
        "epoch": "epoch",
        "line_sd": "between lines (rad)",
        "drug_sd": "between drugs (rad)",
        "angle_sd": "all angles (rad)",
        BEYOND_PI: "share beyond pi",
        "prediction_sd": "sd of predictions",
    }
    table = rows[list(names)].rename(columns=names)
    scale = standard.value
    return [
        DrawnFigure(
            SPREAD,
            "Spread of embeddings and angles by epoch",
            "Left: standard deviations beside the length scale of the circuit (dashed). Right: "
            "share of angles beyond pi, which wrap around.",
        ),
        ReportTable(
            "Spread of embeddings by epoch, of validation pairs"
            + ("" if scale is None else f"; length scale of the circuit: {scale:.3g} rad"),
            table,
            3,
        ),
        *spread_words(history[history["epoch"] == best], standard),
    ]


def _drug_section(run: Content) -> list[ReportSection]:
    if not (run.predictions["part"] == "test").any():
        return []
    names = {} if run.rows is None else names_of(run.rows)
    table = shown(per_drug(run.trained.preprocessor, names, run.predictions))
    return [
        ReportSection(
            "Drug by drug",
            [
                "Scores of the test pairs of each drug, with 95% intervals where there are enough "
                "pairs. n_train counts training pairs, bias is the mean of predicted minus "
                "measured target, and drug mean is the baseline that knows the drug alone. "
                f"{PER_DRUG}.csv has the same numbers.",
                ReportTable("Test pairs by drug, most pairs first", table),
            ],
        )
    ]


def names_of(pairs: PairData) -> dict[str, str]:
    """Return what drugs are called, by id."""
    return dict(zip(pairs.drugs.ids.tolist(), pairs.drugs.names.tolist(), strict=True))
