"""Real processes that are asked to stop, and whose output goes nowhere."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.qkdrp.conftest import RUN_FILES, read_json, snapshot

INTERRUPTING = """
import importlib.abc, os, signal, sys

class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from qkdrp.cli import main
main({words!r})
"""
"""Ctrl-C comes while a module is imported."""


@pytest.mark.parametrize("module", ["typer", "numpy"])
def test_ctrl_c_in_the_first_second(module: str, tmp_path: Path) -> None:
    code = INTERRUPTING.format(module=module, words=["train", "--output", str(tmp_path / "run")])
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (found.returncode, found.stdout, found.stderr) == (1, "", "interrupted.\n")
    assert not (tmp_path / "run").exists()


@contextmanager
def training(data: Path, output: Path, stdout: int) -> Iterator["subprocess.Popen[str]"]:
    """A training that would go on for hours, in a process of its own."""
    words = ["--data", data, "--drug", "DrugA", "--backend", "statevector", "--output", output]
    words += ["--epochs", 100_000, "--patience", 0, "--threads", 1]
    process = subprocess.Popen(
        [sys.executable, "-m", "qkdrp", "train", *map(str, words)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_epochs(process: "subprocess.Popen[str]", output: Path, n_epochs: int) -> None:
    deadline = time.monotonic() + 120
    history = output / "history.csv"
    while not history.exists() or len(history.read_text().splitlines()) <= n_epochs:
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)


LOST = "note: standard output: {}; the command goes on without it"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (signal.SIGINT, ""),
        (signal.SIGTERM, "Broken pipe"),
        (signal.SIGHUP, "No space left on device"),
    ],
)
def test_a_training_that_is_asked_to_stop(
    number: signal.Signals, reason: str, folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    full = reason.startswith("No space")
    stdout = os.open("/dev/full", os.O_WRONLY) if full else subprocess.PIPE
    with training(folder, output, stdout) as process:
        if reason == "Broken pipe":  # as by head -1
            assert process.stdout is not None
            assert process.stdout.readline().startswith("data")
            process.stdout.close()
            process.stdout = None
        wait_for_epochs(process, output, 3)
        for _ in range(2):
            process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    metrics = read_json(output / "metrics.json")
    assert metrics["status"] == "interrupted"
    assert len((output / "history.csv").read_text().splitlines()) == 1 + metrics["epochs"]
    assert set(snapshot(output)) >= {name for name in RUN_FILES if "figures" not in name}
    told = err if reason else out
    assert f"run folder: {output}" in told.splitlines()
    lost = [line for line in err.splitlines() if line.startswith("note: standard output")]
    assert lost == ([LOST.format(reason)] if reason else [])
