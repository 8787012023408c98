"""Samples that cannot be meant: one line, exit code 2, nothing written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.qkdrp.conftest import CliResult, Trained, snapshot

Spoil = Callable[[pd.DataFrame], pd.DataFrame]


def renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns=lambda name: f"ENSG{name}" if name != "sample" else name)


def transposed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index("sample").T.rename_axis("gene").reset_index()


def half(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:, :8]


def counts(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame[["sample"]], np.exp2(frame.iloc[:, 1:] * 2).round()], axis=1)


def unlogged(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame[["sample"]], np.exp2(frame.iloc[:, 1:])], axis=1)


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[[3]]])


def text_cell(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({"GENE2": object}).map(
        lambda cell: "n/m" if cell == frame.iloc[4, 3] else cell
    )


def blank_sample(frame: pd.DataFrame) -> pd.DataFrame:
    frame.iloc[5, 1:] = np.nan
    return frame


def no_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


SPOILT: list[tuple[Spoil, tuple[str, ...]]] = [
    (renamed, ("found none of the model's 15 genes", "'ENSGGENE0'", "'GENE0'")),
    (transposed, ("genes are in rows here", "transpose the table")),
    (half, ("found 7 of the model's 15 genes (47%)", "at least 60%", "--min-genes")),
    (counts, ("which looks like counts", "take logarithms")),
    (unlogged, ("values that are no logarithms", "log2(TPM + 1)")),
    (twice, ("duplicate samples C003",)),
    (text_cell, ("'n/m'", "expected a number")),
    (blank_sample, ("sample 'C005' has no value",)),
    (no_rows, ("the table is empty",)),
]


@pytest.mark.parametrize(("spoil", "words"), SPOILT, ids=lambda each: getattr(each, "__name__", ""))
def test_spoilt_samples(
    spoil: Spoil, words: tuple[str, ...], trained: Trained, tmp_path: Path,
    cli: Callable[..., CliResult],
) -> None:  # fmt: skip
    frame = spoil(pd.read_csv(trained.data / "expression.csv"))
    frame.to_csv(tmp_path / "new.csv", index=False)
    refused(cli, tmp_path, words, trained.run, "--data", tmp_path / "new.csv")


def refused(
    cli: Callable[..., CliResult], folder: Path, words: tuple[str, ...], *arguments: object
) -> None:
    before = snapshot(folder)
    result = cli("predict", *arguments, "--output", folder / "out.csv", "--threads", 1)
    assert result.code == 2
    assert result.err.count("\n") == 1, result.err
    assert all(word in result.err for word in words), result.err
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--align", "combat"), ("align = 'combat'", "auto, none, center")),
        (("--coverage", "1"), ("coverage = 1", "less than 1")),
        (("--min-genes", "0"), ("min_inputs = 0",)),
        (("--backend", "qpu"), ("Unknown backend 'qpu'",)),
        (("--train-data", "nowhere"), ("nowhere: no such folder",)),
    ],
)
def test_wrong_options(
    arguments: tuple[str, ...], words: tuple[str, ...], run: Path, trained: Trained,
    tmp_path: Path, cli: Callable[..., CliResult],
) -> None:  # fmt: skip
    (run / "reference.safetensors").unlink()
    refused(cli, tmp_path, words, run, "--data", trained.data, *arguments)


def test_what_is_no_table(trained: Trained, tmp_path: Path, cli: Callable[..., CliResult]) -> None:
    (tmp_path / "new.txt").write_text("sample,GENE1\nA,1\n")
    (tmp_path / "bare").mkdir()
    for source, words in (
        ("new.txt", "expected a table with one of .csv"),
        ("bare", "found no expression table"),
        ("nowhere", "no such file or folder"),
    ):
        refused(cli, tmp_path, (words,), trained.run, "--data", tmp_path / source)


def test_what_is_no_run(trained: Trained, tmp_path: Path, cli: Callable[..., CliResult]) -> None:
    refused(cli, tmp_path, ("no run folder",), tmp_path, "--data", trained.data)
    refused(cli, tmp_path, ("given twice",), trained.run, trained.run, "--data", trained.data)


def test_a_small_cohort_is_not_aligned(
    trained: Trained, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    frame = pd.read_csv(trained.data / "expression.csv").head(9)
    frame.to_csv(tmp_path / "new.csv", index=False)
    words = ("Found 9 samples, expected at least 10 to align by center",)
    refused(cli, tmp_path, words, trained.run, "--data", tmp_path / "new.csv", "--align", "center")


def test_a_damaged_reference(
    run: Path, trained: Trained, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    (run / "reference.safetensors").write_bytes(b"garbage " * 40)
    words = ("reference.safetensors: damaged",)
    refused(cli, tmp_path, words, run, "--data", trained.data)
