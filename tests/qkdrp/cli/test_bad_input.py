from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.qkdrp.conftest import CliResult, Tables, make_tables, snapshot

TRAIN = ("train", "--backend", "statevector", "--threads", 1, "--epochs", 1)


@dataclass(frozen=True)
class Spoilt:
    """A way to spoil tables, and what the message must hold."""

    name: str
    spoil: Callable[[Tables], None]
    words: tuple[str, ...]


def set_cell(table: str, row: int, column: str, value: object) -> Callable[[Tables], None]:
    def spoil(tables: Tables) -> None:
        frame = getattr(tables, table)
        frame[column] = frame[column].astype(object)
        frame.loc[row, column] = value

    return spoil


def no_column(column: str) -> Callable[[Tables], None]:
    def spoil(tables: Tables) -> None:
        tables.response = tables.response.drop(columns=column)

    return spoil


def other_ids(tables: Tables) -> None:
    tables.response["sample"] = "X" + tables.response["sample"]


def twice_in_expression(tables: Tables) -> None:
    tables.expression = pd.concat([tables.expression, tables.expression.iloc[[7]]])


def twice_in_response(tables: Tables) -> None:
    tables.response = pd.concat([tables.response, tables.response.iloc[[7]]])


def gene_twice(tables: Tables) -> None:
    tables.expression = pd.concat([tables.expression, tables.expression[["GENE4"]]], axis=1)


def missing_gene(tables: Tables) -> None:
    tables.expression["GENE4"] = np.nan


def missing_sample(tables: Tables) -> None:
    tables.expression.iloc[7, 1:] = np.nan


def one_class(tables: Tables) -> None:
    tables.response["response"] = "R"


def micromolar(tables: Tables) -> None:
    tables.response["ln_ic50"] = (tables.response["ln_ic50"] + 5).map(np.exp)


def swapped(tables: Tables) -> None:
    tables.response["response"] = tables.response["response"].map({"S": "R", "R": "S"})


def negated(tables: Tables) -> None:
    tables.response["ln_ic50"] = -tables.response["ln_ic50"]


def zero_one(tables: Tables) -> None:
    tables.response["response"] = (tables.response["response"] == "S").astype(int)


def genes_in_rows(tables: Tables) -> None:
    tables.expression = tables.expression.set_index("sample").T.reset_index(names="gene")


def wide(tables: Tables) -> None:
    values = tables.response.set_index(["sample", "drug"])["ln_ic50"]
    tables.response = pd.DataFrame(
        {drug: values.xs(drug, level="drug") for drug in ("DrugA", "DrugB")}
    )
    tables.response = tables.response.reset_index()


def few_samples(tables: Tables) -> None:
    tables.expression = tables.expression.head(12)


def half_without_partner(tables: Tables) -> None:
    names = tables.expression["sample"]
    tables.expression["sample"] = [
        name if place % 2 else f"line{name}" for place, name in enumerate(names)
    ]


def no_rows(tables: Tables) -> None:
    tables.expression = tables.expression.head(0)


def flat_genes(tables: Tables) -> None:
    genes = tables.expression.columns[1:]
    tables.expression[genes] = tables.expression[genes] / 100


DATA = [
    Spoilt("no-drug-column", no_column("drug"), ("response.csv", "column drug is missing")),
    Spoilt("no-value-column", no_column("ln_ic50"), ("column ln_ic50 is missing",)),
    Spoilt("no-letter-column", no_column("response"), ("column response is missing",)),
    Spoilt("no-shared-ids", other_ids, ("share no sample id", "'C000'", "'XC000'")),
    Spoilt("sample-twice", twice_in_expression, ("expression.csv", "duplicate samples C007")),
    Spoilt(
        "half-without-partner",
        half_without_partner,
        ("expected at least 40", "'C000' for one", "'lineC000' for one"),
    ),
    Spoilt("response-twice", twice_in_response, ("response.csv", "duplicate samples C007")),
    Spoilt("gene-twice", gene_twice, ("expression.csv", "duplicate", "GENE4")),
    Spoilt(
        "text-cell",
        set_cell("expression", 7, "GENE4", "high"),
        ("expression.csv", "'C007'", "'GENE4'", "'high'"),
    ),
    Spoilt(
        "infinite-cell",
        set_cell("expression", 7, "GENE4", "inf"),
        ("expression.csv", "'C007'", "'GENE4'", "infinite"),
    ),
    Spoilt("missing-gene", missing_gene, ("gene 'GENE4' has no value",)),
    Spoilt("missing-sample", missing_sample, ("sample 'C007' has no value",)),
    Spoilt(
        "wrong-letter",
        set_cell("response", 7, "response", "Q"),
        ("response.csv", "'C007'", "'Q'", "R (resistant) or S (sensitive)"),
    ),
    Spoilt(
        "blank-letter",
        set_cell("response", 7, "response", None),
        ("response.csv", "'C007'", "R (resistant) or S (sensitive)"),
    ),
    Spoilt(
        "blank-value",
        set_cell("response", 7, "ln_ic50", None),
        ("response.csv", "'C007'", "'ln_ic50'", "blank"),
    ),
    Spoilt(
        "text-value",
        set_cell("response", 7, "ln_ic50", "low"),
        ("response.csv", "'C007'", "'ln_ic50'", "'low'"),
    ),
    Spoilt("no-logarithm", micromolar, ("response.csv", "'ln_ic50'", "natural logarithm")),
    Spoilt("letters-swapped", swapped, ("36 responders of DrugA", "swap the letters")),
    Spoilt("pic50", negated, ("24 responders of DrugA", "negate the values")),
    Spoilt("zero-one", zero_one, ("'C000'", "holds 0, expected R (resistant) or S (sensitive)")),
    Spoilt("genes-in-rows", genes_in_rows, ("has genes in rows", "transpose the table")),
    Spoilt("wide", wide, ("columns drug, ln_ic50, response are missing", "found sample, DrugA")),
    Spoilt("one-class", one_class, ("found 0 responders among 60", "both classes")),
    Spoilt("few-samples", few_samples, ("found 12 samples", "at least 40")),
    Spoilt("empty-table", no_rows, ("expression.csv", "the table is empty")),
    Spoilt("flat-genes", flat_genes, ("No gene has a training variance above 0.1",)),
]

SETTINGS = [
    (("--drug", "DrugC"), ("unknown drug 'DrugC'", "DrugA, DrugB")),
    (("--drug", "druga"), ("unknown drug 'druga'", "DrugA, DrugB")),
    (("--a", "0"), ("a = 0", "greater than 0")),
    (("--a", "-1"), ("a = -1", "greater than 0")),
    (("--a", "nan"), ("a = nan", "finite number")),
    (("--r", "0"), ("r = 0", "greater than 0")),
    (("--r", "-1"), ("--r", "'-1'", "expected radians")),
    (("--r", "pie"), ("--r", "'pie'", "expected radians")),
    (("--n-qubits", "1"), ("n_qubits = 1", "greater than or equal to 2")),
    (("--n-encoding", "0"), ("n_encoding = 0", "greater than or equal to 1")),
    (("--n-variational", "0"), ("n_variational = 0", "greater than or equal to 1")),
    (("--n-qubits", "two"), ("--n-qubits", "valid integer")),
    (("--model", "tanh", "--learn-a-r"), ("'tanh' has no a and r", "'moderated'")),
    (("--batch-size", "1"), ("batch_size = 1", "greater than or equal to 2")),
    (("--epochs", "0"), ("epochs = 0", "greater than or equal to 1")),
    (("--lr", "0"), ("lr = 0", "greater than 0")),
    (("--patience", "-1"), ("patience = -1", "greater than or equal to 0")),
    (("--seed", "-1"), ("seed = -1", "greater than or equal to 0")),
    (("--threads", "-1"), ("--threads", "greater than or equal to 0")),
    (("--variance-threshold", "-1"), ("variance_threshold = -1",)),
    (("--measurement", "all"), ("measurement = 'all'", "multi, single")),
    (("--entangler", "star"), ("entangler = 'star'", "ring, linear, brick")),
    (("--model", "deep"), ("model = 'deep'", "classic, identity, layernorm, tanh, moderated")),
    (("--backend", "qpu"), ("Unknown backend 'qpu'", "aer_exact, statevector")),
    (("--measure", "act_area"), ("measure = 'act_area'", "--direction lower or")),
    (("--measure", "auc"), ("column auc is missing", "found sample, drug, ln_ic50, response")),
    (("--direction", "up"), ("direction = 'up'", "'lower' or 'higher'")),
    (("--direction", "higher"), ("ln IC50 has direction 'lower'",)),
    (("--threshold", "low"), ("--threshold", "valid number")),
    (("--threshold", "100"), ("found 60 responders among 60", "--threshold")),
    (("--target", "residual"), ("--target residual and --residual-by go together",)),
    (("--group-by", "patient"), ("found no samples table", "'patient'")),
    (("--split", "nowhere.csv"), ("nowhere.csv: no such file",)),
    (("--gene-map", "nowhere.csv"), ("nowhere.csv: no such file",)),
    (("--partner", "TCGA"), ("no option partner",)),
    (("--a", "0", "--lr", "-1"), ("a = 0", "lr = -1")),
    (("--colour", "red"), ("No such option", "--colour", "--help")),
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check_refusal(result: CliResult, words: tuple[str, ...]) -> None:
    lines = result.err.splitlines()
    assert result.code == 2
    assert len(lines) == 1, result.err
    assert lines[0].startswith("error: ")
    assert all(word in lines[0] for word in words), lines[0]
    assert "np." not in lines[0]


def refused(
    cli: Callable[..., CliResult], data: object, words: tuple[str, ...], *arguments: object
) -> None:
    """Train into a new folder and into the default one; both must leave the disk as it was."""
    before = snapshot(Path.cwd())
    for output in (("--output", Path("out")), ()):
        result = cli(*TRAIN, "--data", data, *arguments, *output)
        check_refusal(result, words)
        assert snapshot(Path.cwd()) == before


@pytest.mark.parametrize("case", DATA, ids=lambda case: case.name)
def test_spoilt_data(cli: Callable[..., CliResult], tmp_path: Path, case: Spoilt) -> None:
    tables = make_tables()
    case.spoil(tables)
    refused(cli, tables.write(tmp_path / "data"), case.words, "--drug", "DrugA")


@pytest.mark.parametrize(
    ("arguments", "words"), SETTINGS, ids=[" ".join(arguments) for arguments, _ in SETTINGS]
)
def test_wrong_settings(
    cli: Callable[..., CliResult], folder: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    drug = () if "--drug" in arguments else ("--drug", "DrugA")
    refused(cli, folder, words, *drug, *arguments)


@pytest.mark.parametrize("name", ["expression", "response"])
def test_a_missing_file(cli: Callable[..., CliResult], folder: Path, name: str) -> None:
    (folder / f"{name}.csv").unlink()
    refused(cli, folder, (f"found no {name} table", f"{name} with one of .csv"), "--drug", "DrugA")


@pytest.mark.parametrize("name", ["expression", "response"])
def test_an_empty_file(cli: Callable[..., CliResult], folder: Path, name: str) -> None:
    (folder / f"{name}.csv").write_text("")
    refused(cli, folder, (f"{name}.csv", "the table is empty"), "--drug", "DrugA")


def test_no_drug(cli: Callable[..., CliResult], folder: Path) -> None:
    refused(cli, folder, ("no drug given", "DrugA, DrugB"))


def test_a_folder_that_is_not_there(cli: Callable[..., CliResult], tmp_path: Path) -> None:
    refused(cli, tmp_path / "nowhere", ("nowhere: no such folder", "'synthetic'"))


def test_a_file_instead_of_a_folder(cli: Callable[..., CliResult], folder: Path) -> None:
    refused(cli, folder / "response.csv", ("no such folder",))


def test_a_folder_without_data(cli: Callable[..., CliResult], tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    refused(cli, tmp_path / "bare", ("holds no data", "expression.*", "MOLI"))


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_an_output_that_holds_something(
    cli: Callable[..., CliResult], folder: Path, tmp_path: Path, kind: str
) -> None:
    output = tmp_path / "out"
    if kind == "folder":
        output.mkdir()
        (output / "precious.txt").write_text("mine")
    else:
        output.write_text("mine")
    before = snapshot(tmp_path)
    result = cli(*TRAIN, "--data", folder, "--drug", "DrugA", "--output", output)
    check_refusal(result, ("out: already there", "--output"))
    assert snapshot(tmp_path) == before


def test_an_output_below_a_file(
    cli: Callable[..., CliResult], folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    output = tmp_path / "file" / "out"
    result = cli(*TRAIN, "--data", folder, "--drug", "DrugA", "--output", output)
    check_refusal(result, ("file",))


def test_moli_without_the_expression(cli: Callable[..., CliResult], moli_folder: Path) -> None:
    for path in (moli_folder / "exprs_homogenized").iterdir():
        path.unlink()
    words = ("found no expression of Cetuximab", "eb_with.TCGA", "eb_with.PDX")
    refused(cli, moli_folder, words, "--drug", "Cetuximab")


def test_moli_with_an_unknown_partner(cli: Callable[..., CliResult], moli_folder: Path) -> None:
    words = ("found no expression of Cetuximab", "eb_with.PDTC")
    refused(cli, moli_folder, words, "--drug", "Cetuximab", "--partner", "PDTC")


def test_twenty_samples_with_a_stratified_test(
    cli: Callable[..., CliResult], tmp_path: Path
) -> None:
    data = make_tables(20).write(tmp_path / "data")
    words = ("DrugA: found 20 samples", "at least 40")
    refused(cli, data, words, "--drug", "DrugA", "--stratify-test")
