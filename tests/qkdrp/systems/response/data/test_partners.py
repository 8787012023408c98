from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.partners import write_partners
from qkdrp.systems.response.new_samples.outcomes import load_outcomes
from qkdrp.systems.response.new_samples.samples import load_samples
from tests.qkdrp.conftest import write_moli

BARCODES = ["TCGA-AA-0001-01A-11R", "TCGA-AA-0001-11A-11R", "TCGA-AA-0002-01A-11R"]
"""A tumour and a normal sample of one patient, and a tumour of another."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = write_moli(tmp_path / "moli", {"Gemcitabine": ("TCGA",)})
    genes = pd.Index(["1000", "1001"])
    values = pd.DataFrame(np.arange(6.0).reshape(2, 3), genes, BARCODES)
    name = "TCGA_exprs.Gemcitabine.eb_with.GDSC_exprs.Gemcitabine.tsv"
    values.to_csv(folder / "exprs_homogenized" / name, sep="\t")
    pd.DataFrame(
        {"cohort": "LUAD", "response": ["S", "R", "S"]},
        pd.Index(["TCGA-AA-0001", "TCGA-AA-0002", "TCGA-AA-0009"], name="bcr_patient_barcode"),
    ).to_csv(folder / "response" / "TCGA_response.Gemcitabine.tsv", sep="\t")
    return folder


def test_a_partner_becomes_a_cohort(archive: Path) -> None:
    (found,) = write_partners(archive, "Gemcitabine")
    assert found == archive / "partners" / "TCGA-Gemcitabine"
    samples = load_samples(str(found))
    assert samples.samples.tolist() == ["TCGA-AA-0001", "TCGA-AA-0002"]
    assert samples.expression.tolist() == [[0.0, 3.0], [2.0, 5.0]]  # not of normal tissue
    outcomes = load_outcomes(str(found), "Gemcitabine", None, None, None)
    assert outcomes["responder"].tolist() == [True, False]
    assert write_partners(archive, "Cetuximab") == []


def test_other_ids_are_refused(archive: Path) -> None:
    path = archive / "response" / "TCGA_response.Gemcitabine.tsv"
    path.write_text(path.read_text().replace("TCGA-", "OTHER-"))
    with pytest.raises(DataError, match="shares no sample"):
        write_partners(archive, "Gemcitabine")
