import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.qkdrp.conftest import CliResult, Trained, make_tables, read_json

HEAVY = ("torch", "qiskit", "qiskit_ibm_runtime", "pandas", "sklearn", "matplotlib")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def heavy_after(code: str) -> list[str]:
    """Return which heavy packages a fresh interpreter has loaded after some code."""
    report = f"import sys; print(*[name for name in {HEAVY} if name in sys.modules], file=REPORT)"
    finished = python("-c", f"import sys; REPORT = sys.stderr\n{code}\n{report}")
    assert finished.returncode == 0, finished.stderr
    return finished.stderr.split()


def test_help_lists_the_commands(cli: Callable[..., CliResult]) -> None:
    result = cli("--help")
    assert result.code == 0
    assert all(name in result.out for name in ("train", "evaluate", "data"))
    assert result.err == ""


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["evaluate", "--help"]])
def test_help_needs_nothing_heavy(words: list[str]) -> None:
    code = f"""
from qkdrp.cli import main
try:
    main({words})
except SystemExit as end:
    assert not end.code
"""
    assert heavy_after(code) == []


def test_import_needs_nothing_heavy() -> None:
    assert heavy_after("import qkdrp") == []


def test_every_name_of_the_package_loads() -> None:
    code = "import qkdrp\nfor name in qkdrp.__all__: getattr(qkdrp, name)"
    assert "torch" in heavy_after(code)


def test_the_module_is_the_command() -> None:
    def options(*words: str) -> set[str]:
        finished = python("-m", *words, "--help")
        assert finished.returncode == 0, finished.stderr
        return set(re.findall(r"--[a-z][a-z-]+", finished.stdout))

    module = options("qkdrp.train")
    assert module == options("qkdrp", "train")
    assert {"--drug", "--n-qubits", "--learn-a-r", "--output", "--seed"} <= module


def test_the_module_takes_arguments() -> None:
    finished = python("-m", "qkdrp.train", "--data", "nowhere")
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: nowhere: no such folder")
    assert finished.stderr.count("\n") == 1


def test_no_command_shows_the_help(cli: Callable[..., CliResult]) -> None:
    result = cli()
    assert "Commands" in result.out + result.err
    assert "error: See" not in result.err


def test_data_show_counts_each_drug(cli: Callable[..., CliResult], folder: Path) -> None:
    result = cli("data", "show", "--data", folder)
    rows = [line.split() for line in result.out.splitlines() if "Drug" in line]
    assert result.code == 0
    assert [row[:3] for row in rows[2:]] == [["DrugA", "R", "36"], ["DrugB", "R", "36"]]
    ranges = make_tables().response.query("drug == 'DrugA' and response == 'R'")["ln_ic50"]
    quartiles = [f"{value:.2f}" for value in ranges.quantile([0, 0.25, 0.5, 0.75, 1])]
    assert rows[2][3:] == quartiles
    assert rows[:2] == [
        ["DrugA", "60", "36", "24", "15", "0.0%"],
        ["DrugB", "60", "36", "24", "15", "0.0%"],
    ]


def test_data_show_says_synthetic(cli: Callable[..., CliResult]) -> None:
    shown = cli("data", "show").out
    assert "SYNTHETIC" in shown
    assert ["synthetic", "1000", "900", "100", "600"] in [
        line.split()[:5] for line in shown.splitlines()
    ]


def test_train_reports_what_it_does(
    cli: Callable[..., CliResult], folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    arguments = [
        "--data",
        folder,
        "--drug",
        "DrugA",
        "--backend",
        "statevector",
        "--output",
        output,
    ]
    result = cli("train", *arguments, "--epochs", 1, "--batch-size", 16, "--threads", 1)
    assert (result.code, result.err) == (0, "")
    assert "DrugA: 60 samples, 36 non-responders, 24 responders" in result.out
    assert "43 train, 11 validation, 6 test" in result.out
    assert all(name in result.out for name in ("moderated", "mean", "ridge", "AUC", "95%"))
    assert f"run folder: {output}" in result.out
    assert read_json(output / "config.json")["model"]["r"] == pytest.approx(1.5707963267948966)


def test_runs_go_below_runs_unless_asked(
    cli: Callable[..., CliResult],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["--data", folder, "--drug", "DrugA", "--model", "classic", "--epochs", 1]
    assert cli("train", *arguments, "--backend", "statevector", "--threads", 1).code == 0
    (run,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"druga-classic-statevector-\d{8}-\d{6}", run.name)


def test_evaluate_reports_both_scores(
    cli: Callable[..., CliResult], trained: Trained, tmp_path: Path
) -> None:
    arguments = ["--backend", "statevector", "--threads", 1, "--output", tmp_path / "out"]
    result = cli("evaluate", trained.run, *arguments)
    assert (result.code, result.err) == (0, "")
    assert result.out.split().count("statevector,") == 2
    assert "largest change of a prediction: 0" in result.out


def test_texts_of_users_are_printed_as_they_are(
    cli: Callable[..., CliResult], tmp_path: Path
) -> None:
    drug = "$x_{[red][/x]{z}"
    tables = make_tables()
    tables.response["drug"] = tables.response["drug"].replace("DrugA", drug)
    folder = tables.write(Path(f"{tmp_path}/a[:x:]"))
    output = tmp_path / "out[red]x  y"
    words = ("--data", folder, "--drug", drug, "--backend", "statevector", "--epochs", 1)
    trained = cli("train", *words, "--threads", 1, "--output", output)
    assert (trained.code, trained.err) == (0, "")
    assert f"{drug}: 60 samples" in trained.out
    assert f"tables in {folder}" in trained.out
    assert f"run folder: {output}" in trained.out
    assert (output / "figures" / "predictions.png").is_file()
    evaluated = cli("evaluate", output, "--backend", "statevector", "--threads", 1)
    assert f"evaluation folder: {output}/evaluations/statevector" in evaluated.out
    for shown in (trained, evaluated, cli("data", "show", "--data", folder)):
        assert drug in shown.out
    again = cli("train", *words, "--output", output)
    assert again.err == f"error: {output}: already there; give --output a new folder.\n"


@pytest.mark.parametrize("columns", [60, 80])
def test_no_name_of_an_option_is_cut(
    columns: int, cli: Callable[..., CliResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = cli("train", "--help").out
    for name in ("--variance-threshold", "--no-stratify-test", "--checkpoint-every"):
        assert name in shown
