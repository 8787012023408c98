import re
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).parents[1] / "README.md"

FIGURES = re.compile(r"(\w+) \[\[(.+), (.+)\]\]")


def python_block(word: str) -> str:
    """The one Python block that holds a word."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    (found,) = [block for block in blocks if word in block]
    return found


def test_a_run_from_training_to_new_samples(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(python_block("load_run("), str(README), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "sample", "ln_ic50", "ln_ic50_low", "ln_ic50_high", "label", "percentile",
    ]  # fmt: skip
    assert len(lines) == 21
    evaluation = tmp_path / "runs" / "from-python" / "evaluations" / "aer_exact"
    assert (evaluation / "metrics.json").is_file()


def test_a_circuit_of_ones_own_runs_on_every_backend(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(python_block("PQC.from_circuit"), str(README), "exec"), {})
    found = {name: [float(a), float(b)] for name, a, b in FIGURES.findall(capsys.readouterr().out)}
    assert list(found) == ["aer_exact", "statevector", "aer_noisy", "ibm_runtime"]
    first, second = np.cos(0.5) * np.cos(0.1), np.cos(-0.3) * np.cos(0.2)
    exact = [first, second]  # CNOT takes ZZ to Z on qubit 1
    for name, tolerance in zip(found, [1e-6, 1e-6, 0.2, 0.3], strict=True):
        np.testing.assert_allclose(found[name], exact, atol=tolerance)
