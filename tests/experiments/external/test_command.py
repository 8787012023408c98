from collections.abc import Callable
from pathlib import Path

from tests.qkdrp.conftest import CliResult


def test_the_study_runs_on_embedded_data(tmp_path: Path, cli: Callable[..., CliResult]) -> None:
    """The preset smoke, with fewer epochs."""
    asked = ("experiment", "external", "--preset", "smoke", "--epochs", 1, "--workers", 1)
    result = cli(*asked, "--output", tmp_path / "study")
    assert result.code == 0, result.err
    report = (tmp_path / "study" / "report.md").read_text()
    assert "SYNTHETIC" in report
    assert "| synthetic | synthetic | all | 200 | standardise | Ridge |" in report
    lost = cli("experiment", "external", "--data", tmp_path, "--output", tmp_path / "other")
    assert (lost.code, (tmp_path / "other").exists()) == (2, False)
    assert "cohorts: found none" in lost.err
