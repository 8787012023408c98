from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from qkdrp.experiments.pkpd.networks import config
from tests.qkdrp.conftest import CliResult, snapshot

Cli = Callable[..., CliResult]

SMALL = {"modes": ("mlp-cascade", "mlp-independent", "mlp-multitask-3s", "mlp-basic", "mlp-mc")}
"""A part of networks that take no second."""

QUICK = ("--parts", "modes", "--folds", 1, "--epochs", 2, "--workers", 1)


def test_a_study_runs_and_is_resumed(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "PARTS", SMALL)
    words = ("experiment", "pkpd-networks", *QUICK, "--output", tmp_path / "study")
    result = cli(*words)
    assert result.code == 0, result.err
    before = snapshot(tmp_path / "study")
    tables = {"grid.csv", "modes.csv", "strategies.csv", "claims.csv", "measures.csv"}
    assert {"report.md", "report.html", *tables} <= set(before)
    report = (tmp_path / "study" / "report.md").read_text()
    assert "MLP, base features" in report
    assert "most likely those of training" in report
    assert cli(*words, "--resume").code == 0
    assert snapshot(tmp_path / "study") == before


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--parts", "colours"], "parts = ('colours',): found 'colours'"),
        (["--preset", "huge"], "huge"),
        (["--folds", 50], "the trial has 12"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    more: Sequence[object], message: str, cli: Cli, tmp_path: Path
) -> None:
    result = cli("experiment", "pkpd-networks", "--output", tmp_path / "study", *more)
    assert result.code == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
