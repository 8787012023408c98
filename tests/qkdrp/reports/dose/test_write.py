import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from qkdrp.reports.dose.write import write_dose
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.truths import TRUTHS
from qkdrp.systems.pkpd.dose.criterion import Criterion
from qkdrp.systems.pkpd.dose.model import DoseSource
from qkdrp.systems.pkpd.dose.outcome import Question, answer_question

MODEL = TRUTHS["truth-b"]


@pytest.mark.parametrize("target", [8.0, 1000.0])
def test_files_of_a_dose(target: float, tmp_path: Path) -> None:
    weaker = replace(MODEL, natural={**MODEL.natural, "EC50": 1.1})
    source = DoseSource(MODEL, load_trial("truth-b"), (weaker, MODEL), "truth-b")
    criterion = Criterion(target, 0.9, 24.0, "above")
    question = Question(criterion, 0.1, cmax=5.0, loading=True, n_subjects=256)
    outcome = answer_question(source, question)
    write_dose(outcome, tmp_path / "dose")
    record = json.loads((tmp_path / "dose" / "dose.json").read_text())
    assert record["reached"] is (target == 8.0)
    assert record["disclaimer"] == "For research, not for treatment."
    page = (tmp_path / "dose" / "report.html").read_text()
    assert record["disclaimer"] in page
    assert ("not reached" in page) is (target == 1000.0)
    curve = pd.read_csv(tmp_path / "dose" / "dose_share.csv")
    assert len(curve) == len(outcome.doses)
    assert (curve["note"] == record["disclaimer"]).all()
    figures = {each.stem for each in (tmp_path / "dose" / "figures").iterdir()}
    assert figures == {"share", "curves", "hysteresis", "trial"}
