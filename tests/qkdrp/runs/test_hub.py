"""Push and pull against a hub in this process: the signatures are those of the real client."""

import fnmatch
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import numpy as np
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HFValidationError

from qkdrp.common.errors import RunError
from qkdrp.runs import hub
from qkdrp.runs.folder import FILES, Run, load_run
from qkdrp.runs.hub import from_pretrained, pull_from_hub, push_to_hub
from qkdrp.runs.shared_files import SHARED, shared_files
from qkdrp.systems.registry import find_system
from tests.qkdrp.conftest import CliResult, Trained, read_json, snapshot

REPO = "lab/docetaxel"


class Hub:
    """Repositories as folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.private: dict[str, bool] = {}
        self.api = create_autospec(HfApi, instance=True)
        self.api.create_repo.side_effect = self.create_repo
        self.api.upload_folder.side_effect = self.upload_folder
        self.api.snapshot_download.side_effect = self.snapshot_download

    def create_repo(self, repo_id: str, *, private: bool, repo_type: str, exist_ok: bool) -> None:
        assert repo_type == "model"
        (self.root / repo_id).mkdir(parents=True, exist_ok=exist_ok)
        self.private.setdefault(repo_id, private)

    def upload_folder(
        self, *, repo_id: str, folder_path: str, allow_patterns: list[str], **_: Any
    ) -> SimpleNamespace:
        for path in Path(folder_path).rglob("*"):
            if any(fnmatch.fnmatch(path.name, each) for each in allow_patterns):
                shutil.copy(path, self.root / repo_id / path.name)
        return SimpleNamespace(commit_url=f"https://hub/{repo_id}/commit/1")

    def snapshot_download(
        self, repo_id: str, *, revision: str | None, allow_patterns: list[str]
    ) -> str:
        if "/" not in repo_id:
            raise HFValidationError("Repo id must be in the form 'name/repo'.\nmore words")
        assert revision in {None, "main"}
        taken = self.root / "cache" / repo_id
        shutil.rmtree(taken, ignore_errors=True)
        taken.mkdir(parents=True)
        for path in (self.root / repo_id).iterdir():
            if path.name in allow_patterns:
                shutil.copy(path, taken)
        return str(taken)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub(tmp_path / "hub")
    monkeypatch.setattr(hub, "hub_api", lambda: made.api)
    return made


def predictions(run: Run, trained: Trained) -> Any:
    data = find_system("response").load(load_run(trained.run).config.data)
    return run.predict(data)


def test_a_pulled_run_loads_and_predicts_the_same(
    there: Hub, trained: Trained, cli: Callable[..., CliResult], tmp_path: Path
) -> None:
    result = cli("hub", "push", trained.run, "--repo", REPO)
    assert result.code == 0, result.err
    assert "commit/1" in result.out
    assert there.private == {REPO: True}
    result = cli("hub", "pull", REPO, "--output", tmp_path / "pulled")
    assert result.code == 0, result.err
    expected = predictions(load_run(trained.run), trained)
    np.testing.assert_array_equal(predictions(load_run(tmp_path / "pulled"), trained), expected)
    np.testing.assert_array_equal(predictions(from_pretrained(REPO), trained), expected)
    np.testing.assert_array_equal(predictions(from_pretrained(trained.run), trained), expected)


def test_rows_of_the_user_are_never_pushed(there: Hub, trained: Trained, run: Path) -> None:
    for name in ("notes.txt", "expression.csv", ".env", "test_rows.copy.safetensors"):
        (run / name).write_text("private")
    (run / "evaluations" / "statevector").mkdir(parents=True)
    (run / "evaluations" / "statevector" / "predictions.csv").write_text("sample,prediction\n")
    push_to_hub(run, REPO, private=False)
    assert there.private == {REPO: False}
    pushed = snapshot(there.root / REPO)
    assert set(pushed) == set(SHARED)
    everything = b"".join(content or b"" for content in pushed.values())
    split = (run / "split.csv").read_text()
    for number in range(60):
        assert f"C{number:03d}".encode() not in everything
        assert f"C{number:03d}" in split
    assert str(trained.data.parent).encode() not in everything, "no place of this machine"


def test_what_is_shared_is_a_list_of_what_is() -> None:
    """A new file of run folders is kept back until somebody decides that it holds no row."""
    kept_back = {"split.csv", "predictions.csv", "test_rows.safetensors", "checkpoint.safetensors"}
    assert set(FILES) - set(SHARED) >= kept_back
    assert not set(SHARED) & kept_back


def test_accounts_and_places_stay_at_home(run: Path) -> None:
    config = read_json(run / "config.json")
    config |= {"backend_options": {"instance": "crn:v1:secret", "ledger": "/home/me/ledger"}}
    config["data"]["source"] = "/home/me/cohort"
    (run / "config.json").write_text(json.dumps(config))
    metrics = read_json(run / "metrics.json")
    metrics |= {"hardware": {"jobs": ["secret"]}, "data": "tables in /home/me/cohort"}
    metrics |= {"noise": {"file": "/home/me/noise.json", "windows": r"C:\me\noise.json"}}
    (run / "metrics.json").write_text(json.dumps(metrics))
    (run / "README.md").unlink()
    files = shared_files(run)
    everything = b"".join(files.values())
    for word in (b"secret", b"/home/me", rb"C:\\me"):
        assert word not in everything
    shared = json.loads(files["metrics.json"])
    assert shared["data"] == "tables in cohort"
    assert shared["noise"] == {"file": "noise.json", "windows": "noise.json"}
    assert b"# DrugA, moderated" in files["README.md"], "older runs get their card here"


def test_a_pulled_run_says_what_it_lacks(
    there: Hub, trained: Trained, cli: Callable[..., CliResult], tmp_path: Path
) -> None:
    push_to_hub(trained.run, REPO)
    path = pull_from_hub(REPO, tmp_path / "pulled")
    result = cli("evaluate", path, "--backend", "statevector")
    assert result.code == 2
    assert "no test rows" in result.err
    result = cli("explain", path, "--data", trained.data, "--threads", 1)
    assert result.code == 0, result.err
    assert "does not say which rows it was trained on" in result.err
    push_to_hub(path, "lab/again")
    assert set(snapshot(there.root / "lab" / "again")) == set(SHARED), "and can be pushed again"


def test_a_run_that_lost_its_split_is_damaged_all_the_same(run: Path) -> None:
    (run / "split.csv").unlink()
    with pytest.raises(RunError, match=r"split\.csv"):
        load_run(run)


def test_what_is_no_run_is_not_written(
    there: Hub, cli: Callable[..., CliResult], tmp_path: Path, trained: Trained
) -> None:
    (there.root / REPO).mkdir(parents=True)
    (there.root / REPO / "config.json").write_text("[]")
    for words, name in (("config.json", REPO), ("expected a name on the hub", "nothing")):
        result = cli("hub", "pull", name, "--output", tmp_path / "pulled")
        assert result.code == 2
        assert words in result.err
        assert len(result.err.strip().splitlines()) == 1
        assert not (tmp_path / "pulled").exists()
    assert cli("hub", "pull", REPO, "--output", trained.run).code == 2
    assert cli("hub", "push", tmp_path, "--repo", REPO).code == 2


def test_a_hub_that_cannot_be_reached_is_one_line(
    there: Hub, run: Path, cli: Callable[..., CliResult]
) -> None:
    there.api.create_repo.side_effect = ConnectionError("no way\nthere")
    before = snapshot(run)
    result = cli("hub", "push", run, "--repo", REPO)
    assert result.code == 2
    assert "push to lab/docetaxel: no way." in result.err
    assert snapshot(run) == before


def test_without_the_extra_it_says_what_to_install(
    run: Path, cli: Callable[..., CliResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    result = cli("hub", "push", run, "--repo", REPO)
    assert result.code == 2
    assert "qkdrp[hub]" in result.err
