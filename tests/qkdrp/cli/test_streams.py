import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

from qkdrp.cli.console import print_folder
from qkdrp.cli.streams import LastingStream, lasting_streams
from tests.qkdrp.conftest import CliResult


def full() -> TextIO:
    """Return a stream to a full disk."""
    return open("/dev/full", "w")  # noqa: PTH123


def unread() -> TextIO:
    """Return a stream into a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return open(writer, "w")  # noqa: PTH123


@pytest.mark.parametrize(
    ("make", "reason", "code"),
    [(full, "No space left on device", 1), (unread, "Broken pipe", 0)],
)
def test_a_lost_output_is_named(
    make: Callable[[], TextIO],
    reason: str,
    code: int,
    cli: Callable[..., CliResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with make() as stream:  # closing it fails if anything is left in its buffer
        monkeypatch.setattr(sys, "stdout", stream)
        result = cli("train", "--help")
        assert sys.stdout is stream
    assert result.err == f"note: standard output: {reason}; the command goes on without it\n"
    assert result.code == code, "a reader who stops reading does not miss the rest"


def test_where_results_are_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with full() as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with lasting_streams() as out:
            sys.stdout.write("a line")
            sys.stdout.flush()
            print_folder("run", Path("here"))
            assert not out.missed
    assert capsys.readouterr().err.splitlines()[1:] == ["run folder: here"]


def test_a_closed_output_is_none_of_the_files_opened_later(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = []
    monkeypatch.setattr(sys, "stdout", None)  # as Python has it
    monkeypatch.setattr(os, "dup2", lambda *pair: opened.append(pair))
    with lasting_streams() as out:
        assert out.lost
        sys.stdout.write("nothing")
    assert 1 in [pair[1] for pair in opened]
    assert "standard output: closed" in capsys.readouterr().err


def test_a_lost_error_stream_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with full() as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with lasting_streams():
            sys.stderr.write("a note")
            sys.stderr.flush()


def test_streams_without_a_file_are_lost_as_well() -> None:
    class Broken(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    told: list[str] = []
    stream = LastingStream(Broken(), told.append)
    for _ in range(2):
        assert stream.write("abc") == 3
    assert told == ["No space left on device"]


@pytest.mark.parametrize("words", [["train", "--help"], ["data", "show"], ["--help"]])
def test_encodings_of_few_characters(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from qkdrp.cli import main

    content = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(content, encoding="latin-1"))
    with pytest.raises(SystemExit) as end:
        main(words)
    assert not end.value.code
    assert len(content.getvalue().decode("latin-1").splitlines()) > 3
