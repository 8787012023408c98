"""A typing error is told before torch and Qiskit are loaded, which takes seconds."""

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest

CASES: Mapping[str, str] = {
    "trian": "Did you mean 'train'? See --help.",
    "train --modle tanh": "--model",
    "train --epochs ten": "'--epochs'",
    "train --lr -1": "lr = -1.0: expected greater than 0",
    "train --model modrated": "did you mean 'moderated'?",
    "train --entangler rign": "did you mean 'ring'?",
    "train --backend statevecter": "did you mean 'statevector'?",
    "train --r pie/2": "expected radians",
    "train --data nowhere": "nowhere: no such folder",
    "train --data syntetic": "did you mean 'synthetic'?",
    "train --noise fake_torino": "--noise needs --backend aer_noisy",
    "train --shots 100": "--shots needs --backend aer_noisy or --backend ibm_runtime",
    "train --backend aer_noisy --noise torino": "did you mean fake_torino?",
    "train --backend aer_noisy --noise fake_torinoo": "did you mean fake_torino?",
    "train --backend aer_noisy --noise depolarizing:p1=2": "p1 = 2",
    "train --backend aer_noisy --noise-parts gate": "did you mean 'gates'?",
    "train --backend aer_noisy --method density": "did you mean 'density_matrix'?",
    "train --backend ibm_runtime": "device: give one",
    "train --backend ibm_runtime --device fez": "fake_fez, which is simulated here, or ibm_fez",
    "train --resume nowhere": "nowhere: is no run folder",
    "evaluate nowhere": "nowhere: is no run folder",
    "evaluate nowhere --backend aer_exat": "did you mean 'aer_exact'?",
    "depth --spec 4,2,1 --devices torino": "did you mean fake_torino",
    "depth --run nowhere": "nowhere: is no run folder",
    "data show --data nowhere": "nowhere: no such folder",
    "train --split nowhere.csv": "nowhere.csv: no such file",
    "train --gene-map nowhere.csv": "nowhere.csv: no such file",
    "train --output .": "already there",
    "predict nowhere --data new.csv": "nowhere: is no run folder",
    "predict run --data new.csv": "new.csv: no such file or folder",
    "predict run --data table.csv --align center --backend aer_exat": "did you mean 'aer_exact'?",
    "validate nowhere --data cohort": "nowhere: is no run folder",
    "validate run --data cohort": "cohort: no such file or folder",
    "validate run --data run --direction lowr": "direction",
    "explain nowhere": "nowhere: is no run folder",
    "explain run --backend aer_noisy": "expected statevector or aer_exact",
    "explain run --data nowhere": "nowhere: no such file or folder",
    "hub push nowhere --repo you/name": "nowhere: is no run folder",
    "hub push run --repo you": "expected a name on the hub as USER/NAME",
    "hub pull you --output new": "expected a name on the hub as USER/NAME",
    "hub pull you/name --output run": "already there",
    "experiment cv --models modrated": "did you mean 'moderated'?",
    "experiment cv --preset smok": "did you mean 'smoke'?",
    "experiment cv --data nowhere": "nowhere: no such folder",
    "experiment cv --resume": "--resume: found no --output",
    "experiment cv --output run": "already there",
    "experiment cv --backend statevecter": "did you mean 'statevector'?",
    "experiment plan table1 --models modrated": "did you mean 'moderated'?",
    "experiment noise-sensitivity --noise fake_torinoo": "did you mean fake_torino?",
    "experiment noise-sensitivity --chosen b=1": "expected KEY=VALUE",
    "experiment noise-sensitivity --backend ibm_runtime --device fez": "ibm_fez",
    "experiment plan noise-sensitivity --trainings exakt": "exakt",
}
"""What is typed, and what the one line must hold."""

CODE = """
import contextlib, io, json, sys
from qkdrp.cli import main
found = {}
for words in json.loads(sys.argv[1]):
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        try:
            main(words.split())
        except SystemExit as end:
            code = end.code
    heavy = [name for name in ("torch", "qiskit", "pandas") if name in sys.modules]
    found[words] = code, err.getvalue(), heavy
print(json.dumps(found))
"""

Found = Mapping[str, tuple[int, str, list[str]]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Exit code, standard error and heavy modules of each case, all from one fresh process."""
    folder = tmp_path_factory.mktemp("typing")
    (folder / "run").mkdir()
    (folder / "run" / "config.json").write_text("{}")
    (folder / "table.csv").write_text("sample,A\n1,2\n")
    finished = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(list(CASES))],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=folder,
    )
    return json.loads(finished.stdout)


@pytest.mark.parametrize("words", CASES)
def test_one_line_says_what_was_meant(found: Found, words: str) -> None:
    code, error, _ = found[words]
    assert code == 2
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert CASES[words] in error


@pytest.mark.parametrize("words", CASES)
def test_nothing_heavy_is_loaded(found: Found, words: str) -> None:
    assert found[words][2] == []
