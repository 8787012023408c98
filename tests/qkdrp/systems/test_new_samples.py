"""A second system predicts for new samples once it says how, and is told of where it does not."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from qkdrp.runs.train import train
from qkdrp.training.new_sample_settings import NewSampleSettings
from qkdrp.training.new_samples import SAMPLES, Matched, Member, NewSamples
from tests.qkdrp.conftest import CliResult, read_json
from tests.toy_system.installed import install
from tests.toy_system.system import ENDPOINTS, ToyConfig, ToyData, ToySystem


class ToyNewSamples(NewSamples[ToyData, NewSampleSettings]):
    """Three numbers per sample, two endpoints, no alignment and no reference."""

    score_names: ClassVar[Mapping[str, str]] = MappingProxyType({"error": "error"})

    def load(self, source: str | None, data: Any, settings: Any, reference: Any) -> ToyData:
        return self.from_frames({SAMPLES: pd.read_csv(source, index_col=0)}, data, settings, None)

    def from_frames(
        self, frames: Mapping[str, pd.DataFrame], data: Any, settings: Any, reference: Any
    ) -> ToyData:
        frame = frames[SAMPLES]
        outputs = np.full((len(frame), 2), np.nan)
        return ToyData(frame.index.to_numpy(dtype=np.str_), frame.to_numpy(), outputs)

    def match(self, trained: Any, dataset: ToyData, settings: Any, reference: Any) -> Matched:
        return Matched(dataset, lines=["three inputs each"])

    def target(self, metrics: Mapping[str, Any]) -> str:
        return "growth and decay"

    def table(
        self, ids: np.ndarray, members: Mapping[str, Sequence[Member]], settings: Any
    ) -> pd.DataFrame:
        (runs,) = members.values()
        mean = np.mean([each.values for each in runs], axis=0)  # noqa: PD011
        return pd.DataFrame(mean, columns=ENDPOINTS).assign(sample=ids)

    def outcomes(self, source: str, target: str, settings: Any, decimal: Any) -> pd.DataFrame:
        return pd.read_csv(Path(source).with_name("outcomes.csv"), index_col=0)

    def score(self, values: np.ndarray, outcomes: pd.DataFrame) -> dict[str, Any]:
        error = float(np.abs(values - outcomes.to_numpy()).mean())
        return {"n_responder": 0, "n_letters": 0, "n_measured": len(values), "error": error}


@pytest.fixture
def toy_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install(tmp_path / "site", monkeypatch)
    fit = {"epochs": 3, "batch_size": 8, "lr": 0.05}
    run, _ = train(ToyConfig.make(fit=fit, backend="statevector", threads=1), tmp_path / "run")
    return run.path


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    frame = pd.DataFrame(np.eye(3), index=["new1", "new2", "T00"])
    frame.to_csv(tmp_path / "new.csv")
    frame.iloc[:, :2].to_csv(tmp_path / "outcomes.csv")
    return tmp_path / "new.csv"


def test_a_system_that_does_not_is_told_of(
    toy_run: Path, samples: Path, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    for verb in ("predict", "validate"):
        result = cli(verb, toy_run, "--data", samples, "--output", tmp_path / "p.csv")
        assert result.code == 2
        assert result.err.startswith("error: system 'toy' does not predict for new samples")
        assert result.err.count("\n") == 1
    assert not (tmp_path / "p.csv").exists()


def test_a_system_that_does_needs_nothing_else(
    toy_run: Path, samples: Path, tmp_path: Path, cli: Callable[..., CliResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(ToySystem, "new_samples", ToyNewSamples())
    result = cli("predict", toy_run, "--data", samples, "--output", tmp_path / "p.csv")
    assert result.code == 0, result.err
    assert "three inputs each" in result.out
    table = pd.read_csv(tmp_path / "p.csv", index_col="sample")
    assert table.shape == (3, 2)
    assert (tmp_path / "p.html").is_file()


def test_scores_leave_out_what_was_trained_on(
    toy_run: Path, samples: Path, tmp_path: Path, cli: Callable[..., CliResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(ToySystem, "new_samples", ToyNewSamples())
    more = pd.read_csv(samples, index_col=0)
    seen = pd.read_csv(toy_run / "split.csv").query("part == 'train'")["sample"].iloc[0]
    more.loc["new3"], more.loc[seen] = 0.5, 0.1
    more = more.drop(index="T00")
    more.to_csv(samples)
    more.iloc[:, :2].to_csv(tmp_path / "outcomes.csv")
    result = cli("validate", toy_run, "--data", samples, "--output", tmp_path / "v")
    assert result.code == 0, result.err
    found = read_json(tmp_path / "v" / "metrics.json")["targets"]["growth and decay"]
    assert (found["n_scored"], found["n_seen_in_training"]) == (3, 1)
    assert set(found["scores"]) == {"model", "mean"}
    assert "1 seen in training left out" in result.out
