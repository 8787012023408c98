"""How good the first estimate of time is that ``train`` and ``evaluate`` show.

Run ``python benchmarks/first_estimate.py``. Each case is a fresh process. It notes the first whole
time that the command estimates, and when, and what it took in the end. Training never stops early
here, since the estimate is of all epochs.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

TRAIN = ["train", "--patience", "0", "--lr", "1e-3"]
EVALUATE = ["evaluate", "run", "--backend", "aer_noisy"]

CASES = {
    "train, statevector": [*TRAIN, "--backend", "statevector", "--epochs", "30"],
    "train, aer_exact": [*TRAIN, "--backend", "aer_exact", "--epochs", "10"],
    "train, noise-aware": [*TRAIN, "--backend", "aer_noisy", "--train-noise", "--epochs", "6"],
    "train, gradient of noisy values": [
        *[*TRAIN, "--backend", "aer_noisy", "--gradient", "spsa", "--n-qubits", "2"],
        *["--n-encoding", "1", "--epochs", "3"],
    ],
    "evaluate, 8 qubits, density matrix": EVALUATE,
    "evaluate, 8 qubits, 64 trajectories": [
        *EVALUATE,
        *["--method", "trajectories", "--trajectories", "64"],
    ],
}
"""Words of each command; the run that is evaluated has 8 qubits."""

RUN = ["train", "--backend", "statevector", "--n-qubits", "8", "--epochs", "1", "--output", "run"]


LEAST = 5.0
"""Seconds below which an estimate, such as that of choosing qubits, is of no interest."""


class Watch:
    """Notes the first estimate of a whole time."""

    def __init__(self) -> None:
        self.start = perf_counter()
        self.first: tuple[float, float] | None = None

    def wrap(self, clock: type, name: str) -> None:
        """Listen to a method that returns seconds that are left, or None."""
        method = getattr(clock, name)

        def listening(this: Any) -> float | None:  # noqa: ANN401  # either clock
            left: float | None = method(this)
            after = perf_counter() - this._start
            if left is not None and self.first is None and after + left >= LEAST:
                self.first = after, after + left
                self.began = this._start
            return left

        setattr(clock, name, listening)


def measure(words: list[str]) -> None:
    """Run a command and print when it first estimated, how much, and what it took."""
    from qkdrp.cli import main
    from qkdrp.cli.training_clock import TrainingClock
    from qkdrp.common import remaining

    watch, ends = Watch(), list[float]()
    if words[0] == "train":
        watch.wrap(TrainingClock, "left")
        note = TrainingClock.epoch
        TrainingClock.epoch = lambda this: (note(this), ends.append(perf_counter()))[0]  # type: ignore[method-assign]
    else:
        watch.wrap(remaining.Remaining, "left")
        reach = remaining.Remaining.reach
        remaining.Remaining.reach = lambda this, done: (  # type: ignore[method-assign]
            reach(this, done),
            ends.append(perf_counter()) if this._start == getattr(watch, "began", None) else None,
        )[0]
    try:
        main(words)
    except SystemExit:
        if watch.first is None:
            print("RESULT none", file=sys.stderr)
            return
        after, whole = watch.first
        print(f"RESULT {after:.1f} {whole:.1f} {ends[-1] - watch.began:.1f}", file=sys.stderr)


def main() -> None:
    """Print a row for each case."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "qkdrp", *RUN], check=True, cwd=folder, capture_output=True
        )
        script = str(Path(__file__).absolute())
        print(f"{'':38s} first after   estimate      truth   ratio")
        for name, words in CASES.items():
            finished = subprocess.run(
                [sys.executable, script, *words],
                check=False,
                cwd=folder,
                capture_output=True,
                text=True,
            )
            line = finished.stderr.split("RESULT ")[-1].split()
            if line[0] == "none":
                print(f"{name:38s} no estimate")
                continue
            after, whole, truth = map(float, line)
            print(
                f"{name:38s} {after:9.1f} s {whole:9.1f} s {truth:8.1f} s {whole / truth:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1:])
    else:
        main()
