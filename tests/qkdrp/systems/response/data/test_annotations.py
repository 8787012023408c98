from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data import load_cohort
from qkdrp.systems.response.data.gene_names import kind_of_names
from tests.qkdrp.conftest import make_tables


def write(path: Path, **columns: list[str]) -> Path:
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def samples() -> list[str]:
    return make_tables().expression["sample"].tolist()


@pytest.fixture
def described(folder: Path) -> Path:
    """A folder with a table of samples, in another order, and samples without a response."""
    ids = samples()[::-1]
    patients = [f"P{int(name[1:]) // 3}" for name in ids]
    write(folder / "samples.csv", sample=[*ids, "X"], patient=[*patients, ""])
    return folder


def test_groups_follow_the_samples(described: Path) -> None:
    cohort = load_cohort(str(described), "DrugA", group_by="patient")
    assert cohort.groups is not None
    assert cohort.groups.tolist() == [f"P{int(name[1:]) // 3}" for name in cohort.samples]
    some = cohort.select(cohort.samples[10:13])
    assert some.groups is not None
    assert some.groups.tolist() == cohort.groups[10:13].tolist()
    assert "20 groups by patient" in cohort.provenance


def test_the_digest_knows_groups_but_not_their_absence(described: Path) -> None:
    plain = load_cohort(str(described), "DrugA")
    assert plain.digest() == load_cohort(str(described), "DrugA").digest()
    assert plain.digest() != load_cohort(str(described), "DrugA", group_by="patient").digest()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"group_by": "organ"}, "column organ is missing; found patient"),
        ({"group_by": "blank"}, "2 of 60 samples of DrugA have no blank, 'C003' for one"),
        ({"split": "nowhere.csv"}, "no such file"),
        ({"split": "other.csv"}, "names none of the 60 samples.*'Z'.*'C000'"),
        ({"split": "words.csv"}, "row 'C001', column 'part' holds 'holdout', expected one of tr"),
        ({"split": "samples.csv"}, "column part is missing, expected sample,part"),
        ({"gene_map": "other.csv"}, "holds none of the 15 genes .*gene symbols.*'GENE0'.*'Z'"),
        ({"gene_map": "twice.csv"}, "gives 'GENE0' two names, 'A' and 'B'"),
    ],
)
def test_what_does_not_fit_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, str], words: str
) -> None:
    monkeypatch.chdir(folder)
    blank = ["" if name in {"C003", "C009"} else "x" for name in samples()]
    write(folder / "samples.csv", sample=samples(), patient=["p"] * 60)
    if options.get("group_by") == "blank":
        write(folder / "samples.csv", sample=samples(), blank=blank)
    write(folder / "other.csv", sample=["Z"], part=["test"])
    write(folder / "words.csv", sample=["C000", "C001"], part=["Test", "holdout"])
    write(folder / "twice.csv", gene=["GENE0", "GENE0"], name=["A", "B"])
    with pytest.raises(DataError, match=words):
        load_cohort(str(folder), "DrugA", **options)


def test_a_split_file_keeps_the_samples_that_it_names(folder: Path, tmp_path: Path) -> None:
    path = write(
        tmp_path / "split.csv", sample=["C005", "C001", "Q"], part=["Test", "train", "train"]
    )
    cohort = load_cohort(str(folder), "DrugA", split=str(path))
    assert cohort.samples.tolist() == ["C001", "C005"]
    assert cohort.parts is not None
    assert cohort.parts.tolist() == ["train", "test"]
    assert "leaves 58 out" in cohort.provenance


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["ENSG00000141510", "ENSG00000146648.17"], "Ensembl ids"),
        (["7157", "1956"], "Entrez ids"),
        (["TP53 (7157)", "EGFR (1956)"], "symbols with Entrez ids, as of DepMap,"),
        (["TP53", "EGFR", "C10orf85"], "gene symbols"),
        (["201983_s_at", "1007_s_at"], "probe sets"),
    ],
)
def test_kinds_of_names_are_recognised(names: list[str], kind: str) -> None:
    assert kind_of_names(np.array(names)) == kind


def test_a_map_renames_genes_and_averages_those_of_one_name(tmp_path: Path) -> None:
    tables = make_tables()
    ids = [f"ENSG{place:011d}.{place}" for place in range(15)]
    tables.expression.columns = ["sample", *ids]
    tables.expression.loc[4, ids[1]] = np.nan
    folder = tables.write(tmp_path / "data")
    symbols = ["B", "A", "A", "7", ""]
    path = write(tmp_path / "map.csv", gene=[each.split(".")[0] for each in ids[:5]], name=symbols)
    cohort = load_cohort(str(folder), "DrugA", gene_map=str(path))
    assert cohort.genes.tolist() == ["7", "A", "B"]
    values = tables.expression[ids].to_numpy()
    expected = np.column_stack([values[:, 3], np.nanmean(values[:, 1:3], axis=1), values[:, 0]])
    np.testing.assert_allclose(cohort.expression, expected, rtol=1e-6)
    assert "4 of 15 genes named by map.csv" in cohort.provenance
