import io

import pytest
from rich.console import Console

from qkdrp.cli.score_table import ScoreTable
from qkdrp.systems.registry import find_system

SCORES = {
    "n": 100,
    "n_responder": 7,
    "auc": 0.7573,
    "auc_ci": [0.48, 0.91],
    "mse": 0.3591,
    "mse_ci": [0.3, 0.42],
}
METRICS = {"drug": "Docetaxel", "synthetic": False, "test": SCORES}
COLUMNS = ("ibm_runtime,\ntrained", "aer_noisy,\nmean of 20", "mean", "ridge")


def printed(width: int, n_columns: int) -> str:
    screen = Console(width=width, file=io.StringIO())
    columns = dict.fromkeys(COLUMNS[-n_columns:], SCORES)
    screen.print(ScoreTable(find_system("response"), METRICS, columns))
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("n_columns", [1, 2, 3, 4])
def test_nothing_is_cut(width: int, n_columns: int) -> None:
    shown = printed(width, n_columns)
    assert "…" not in shown
    assert shown.count("(0.48, 0.91)") == n_columns
    assert shown.count("0.757") == n_columns
    assert all(word in shown for name in COLUMNS[-n_columns:] for word in name.split("\n"))
    assert "Spearman" in shown
    assert max(map(len, shown.splitlines())) <= width


def test_intervals_stand_beside_scores_where_there_is_room() -> None:
    assert "0.757 (0.48, 0.91)" in printed(80, 3)
    assert "0.757 (0.48, 0.91)" not in printed(60, 3)
