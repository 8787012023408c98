import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from qkdrp.experiments.ito.claims import claims, controls
from qkdrp.experiments.ito.comparisons import COLUMNS, comparisons_frame, tally, variant_name
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.ito.published import published, with_published
from qkdrp.experiments.ito.summary import summary_frame
from qkdrp.experiments.ito.tasks import FoldResult
from qkdrp.experiments.study.outcomes import Findings
from tests.experiments.conftest import study_config

DRUGS = ("Cetuximab", "Cisplatin", "Docetaxel", "Erlotinib", "Gemcitabine")


def made_up(data: Path, curves: dict[str, np.ndarray], **changes: Any) -> tuple[ItoPlan, Findings]:
    """Return findings with given curves by model, shape (runs, epochs)."""
    plan = ItoPlan.open(study_config(data, models=tuple(curves), **changes))
    findings = Findings()
    for found in plan.configurations:
        for task, curve in zip(plan.folds_of(found), curves[found.model], strict=True):
            findings.results[task.key] = FoldResult(
                curve=tuple(curve), seed=task.own_seed, n_train=8, n_validation=2, seconds=1.0
            )
    return plan, findings


def test_models_are_compared_fold_by_fold_at_their_best_epochs(
    data: Path, rng: np.random.Generator
) -> None:
    # Folds differ a lot, models by 0.05 at their best epochs (2 and 1).
    base = rng.uniform(0.3, 0.7, 10)
    noise = rng.normal(0.0, 0.005, 10)
    curves = {
        "moderated": np.column_stack([base - 0.2, base + 0.05 + noise]),
        "tanh": np.column_stack([base, base - 0.1]),
    }
    plan, findings = made_up(data, curves, folds=5)
    (row,) = comparisons_frame(plan, findings).to_dict("records")
    difference = 0.05 + noise
    se = math.sqrt((1 / 10 + 1 / 4) * difference.var(ddof=1))
    assert row["other"] == "tanh"
    assert row["difference"] == pytest.approx(difference.mean())
    assert row["se"] == pytest.approx(se)
    assert row["p"] == pytest.approx(2 * stats.t.sf(difference.mean() / se, 4))
    assert row["q"] == row["p"]
    assert row["n_runs"] == 10
    summary = summary_frame(plan, findings).set_index("model")
    assert summary.loc["moderated", "best_epoch"] == 2
    assert summary.loc["tanh", "best_epoch"] == 1
    assert summary.loc["tanh", "auc_mean"] == pytest.approx(base.mean())
    assert summary.loc["tanh", "n_runs"] == 10


def test_unfinished_folds_are_left_out_of_pairs(data: Path, rng: np.random.Generator) -> None:
    curves = {name: rng.uniform(0, 1, (4, 2)) for name in ("moderated", "tanh")}
    plan, findings = made_up(data, curves)
    del findings.results[plan.folds_of(plan.configurations[1])[0].key]
    (row,) = comparisons_frame(plan, findings).to_dict("records")
    assert row["n_runs"] == 3
    assert summary_frame(plan, findings)["n_runs"].tolist() == [4, 3]


def test_a_sweep_compares_values_with_the_papers(data: Path, rng: np.random.Generator) -> None:
    curves = {"moderated": rng.uniform(0, 1, (4, 2)), "ridge": rng.uniform(0, 1, (4, 1))}
    plan, findings = made_up(data, curves, study="table2", a=(1.0, 20.0, 100.0))
    frame = comparisons_frame(plan, findings)
    assert frame["reference"].tolist() == [20.0] * 3
    assert frame["other"].tolist() == [1.0, 100.0, "ridge"]
    assert variant_name(plan, 1.0) == "a = 1"


def test_names_of_r_are_in_units_of_pi(data: Path) -> None:
    plan = ItoPlan.open(study_config(data, study="table3"))
    assert variant_name(plan, 1.5 * math.pi) == "r = 1.5 pi"


def test_the_published_tables() -> None:
    table = published("table1")
    assert len(table) == 30
    assert set(table["drug"]) == set(DRUGS)
    # The three tables share these rows.
    tanh = table[table["model"] == "tanh"].set_index("drug")["auc"]
    moderated = table[table["model"] == "moderated"].set_index("drug")["auc"]
    second, third = published("table2"), published("table3")
    for drug in DRUGS:
        of_a = second[second["drug"] == drug].set_index("a")["auc"]
        of_r = third[third["drug"] == drug].set_index("r")["auc"]
        assert (of_a[1.0], of_a[20.0]) == (tanh[drug], moderated[drug])
        assert of_r[math.pi / 2] == moderated[drug]


def test_published_numbers_stand_beside_the_same_configuration() -> None:
    rows = pd.DataFrame(
        [
            ("Docetaxel", "moderated", 20.0, math.pi / 2),
            ("Docetaxel", "tanh", None, None),
            ("Docetaxel", "moderated", 3.0, math.pi / 2),
            ("Aspirin", "tanh", None, None),
        ],
        columns=["drug", "model", "a", "r"],
    )
    found = with_published(rows, "table1")
    assert found.tolist()[:2] == [0.868, 0.795]
    assert found.isna().tolist() == [False, False, True, True]
    assert with_published(rows, None).isna().all()


def differences(other: str, found: list[tuple[float, float]]) -> pd.DataFrame:
    """Return comparisons with differences and q by drug."""
    rows = [
        (drug, "moderated", other, difference, 0.1, 0.0, 0.0, q, q, 10)
        for drug, (difference, q) in zip(DRUGS, found, strict=False)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([(0.1, 0.01), (0.1, 0.2)], "borne out in 1 of 2 drugs"),
        ([(-0.1, 0.01), (0.1, 0.2)], "contradicted in 1 of 2 drugs"),
        ([(0.1, 0.2), (0.1, 0.2)], "the folds do not tell"),
        ([(0.1, 0.01), (-0.1, 0.01)], "depends on the drug"),
    ],
)
def test_the_papers_order_is_judged_in_words(
    found: list[tuple[float, float]], words: str, data: Path
) -> None:
    plan = ItoPlan.open(study_config(data))
    (sentence,) = claims(plan, differences("tanh", found))
    assert "Printed: above in 5 of 5 drugs" in sentence
    assert words in sentence


def test_an_order_that_is_printed_the_other_way(data: Path) -> None:
    # Proposed-multi is above Proposed-single in two of five drugs.
    plan = ItoPlan.open(study_config(data))
    (sentence,) = claims(plan, differences("moderated-single", [(-0.1, 0.01), (-0.1, 0.2)]))
    assert "Printed: above in 2 of 5 drugs" in sentence
    assert "borne out in 1 of 2" in sentence


def test_other_drugs_are_no_matter_of_the_paper(data: Path) -> None:
    plan = ItoPlan.open(study_config(data))
    frame = differences("tanh", [(0.1, 0.01)]).assign(drug="Aspirin")
    assert list(claims(plan, frame)) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([(0.1, 0.01)], "The trained circuit adds something in 1 of 1"),
        ([(-0.1, 0.01)], "the control does better in 1 of 1"),
        ([(0.1, 0.2)], "Nothing here shows that the trained circuit adds anything"),
        ([(0.1, 0.01), (-0.1, 0.01)], "depends on the drug"),
    ],
)
def test_controls_answer_in_words(found: list[tuple[float, float]], words: str) -> None:
    (sentence,) = controls(differences("frozen", found))
    assert words in sentence


def test_a_tally() -> None:
    found = tally(differences("tanh", [(0.1, 0.01), (0.2, 0.3), (-0.3, 0.01)]), "tanh")
    assert found is not None
    assert (found.n, found.above, found.established, found.refuted) == (3, 2, 1, 1)
    assert found.mean == pytest.approx(0.0)
    assert tally(differences("tanh", []), "tanh") is None
