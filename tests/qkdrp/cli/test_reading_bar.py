import pytest

from qkdrp.cli import reading_bar
from qkdrp.cli.reading_bar import ReadingBar


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(reading_bar, "monotonic", clock)
    return clock


def test_a_quick_table_is_no_line(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    bar = ReadingBar()
    for done in (10, 50, 100):
        bar("reading t.csv", done, 100)
        clock.now += 0.5
    assert capsys.readouterr() == ("", "")


def test_a_slow_table_is_told_of_once_and_how_to_make_it_quicker(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    bar = ReadingBar()
    for done in (0, 10, 30, 60, 100):
        bar("reading t.csv", done, 100)
        clock.now += 3
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "note: reading t.csv: 10% after 3 s"
    assert lines[1].startswith("note: reading t.csv took 12 s; a parquet table")
    assert len(lines) == 2


def test_every_table_has_its_own_clock(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    bar = ReadingBar()
    for name in ("a", "b"):
        for done in (0, 100):
            bar(f"reading {name}.csv", done, 100)
            clock.now += 1.5
    assert capsys.readouterr().err == ""


def test_a_terminal_has_a_bar(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    bar = ReadingBar()
    for done in (0, 20, 40):
        bar("reading t.csv", done, 100)
        clock.now += 3
    assert bar._bar is not None
    assert bar._bar.tasks[0].completed == 40
    bar("reading t.csv", 100, 100)
    assert bar._bar is None
    capsys.readouterr()
