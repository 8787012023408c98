"""Runs on the Hugging Face hub: pushed without rows of the user's data, pulled, and loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from qkdrp.backends import Backend
from qkdrp.common.errors import ConfigError, QkdrpError, RunError
from qkdrp.common.files import write_files
from qkdrp.runs.folder import Run, load_run
from qkdrp.runs.new_folder import claim_folder, refuse_taken
from qkdrp.runs.shared_files import SHARED, shared_files

if TYPE_CHECKING:
    from huggingface_hub import HfApi

MESSAGE = "Upload of a run of qkdrp"


def push_to_hub(
    path: Path, repo_id: str, *, private: bool = True, message: str = MESSAGE
) -> tuple[str, list[str]]:
    """Push a run to the hub: model, settings, scores and card, no row of the user's data.

    Args:
        path: The run folder.
        repo_id: Where to, ``user/name``; made if it is not there.
        private: Whether a new repository is seen by its owner alone.
        message: Of the commit.

    Returns:
        Where it is now, and the names of the files that were pushed.

    Raises:
        RunError: If the run cannot be read, or the hub refuses it.
        ConfigError: If ``huggingface_hub`` is not installed.
    """
    files = shared_files(path)
    api = hub_api()
    with _told(f"push to {repo_id}"), TemporaryDirectory() as staged:
        write_files(Path(staged), files)
        api.create_repo(repo_id, private=private, repo_type="model", exist_ok=True)
        commit = api.upload_folder(
            repo_id=repo_id,
            folder_path=staged,
            repo_type="model",
            commit_message=message,
            allow_patterns=list(SHARED),
        )
    return str(commit.commit_url), sorted(files)


def pull_from_hub(repo_id: str, output: Path | None = None, *, revision: str | None = None) -> Path:
    """Pull a run from the hub into a new run folder and return it.

    Args:
        repo_id: Where it is, ``user/name``.
        output: A new folder; ``runs/<name>`` where left out.
        revision: Branch, tag or commit; the newest one where left out.

    Raises:
        RunError: If it cannot be had, or is no run that this version reads.
        ConfigError: If ``huggingface_hub`` is not installed.
    """
    refuse_taken(output)
    snapshot = _download(repo_id, revision)
    load_run(snapshot)  # nothing is written of what cannot be read
    folder = claim_folder(output, Path("runs") / repo_id.rpartition("/")[2])
    files = {name: (snapshot / name).read_bytes() for name in SHARED if (snapshot / name).is_file()}
    write_files(folder, files)
    return folder


def from_pretrained(
    name: str | Path, *, backend: Backend | None = None, revision: str | None = None
) -> Run:
    """Load a run from a folder or, if there is none of this name, from the hub.

    Args:
        name: A run folder, or ``user/name`` on the hub.
        backend: Where its circuits are to run; exact state vectors where left out.
        revision: Branch, tag or commit on the hub.

    Raises:
        RunError: If it cannot be had or read.
        ConfigError: If ``huggingface_hub`` is not installed.
    """
    path = Path(name) if Path(name).is_dir() else _download(str(name), revision)
    return load_run(path, backend)


def hub_api() -> "HfApi":
    """Return the client of the hub; the token is the one of ``hf auth login`` or ``HF_TOKEN``.

    Raises:
        ConfigError: If ``huggingface_hub`` is not installed.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise ConfigError("The hub needs: pip install 'qkdrp[hub]'.") from error
    return HfApi(library_name="qkdrp")


def _download(repo_id: str, revision: str | None) -> Path:
    """Return the folder of a snapshot, which holds only files that a run shares."""
    api = hub_api()
    with _told(f"pull from {repo_id}"):
        return Path(
            str(api.snapshot_download(repo_id, revision=revision, allow_patterns=list(SHARED)))
        )


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn whatever the hub's client raises into one line; it has errors of many families."""
    try:
        yield
    except QkdrpError:
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[0] if lines else type(error).__name__
        raise RunError(
            f"Could not {what}: {reason.rstrip('.')}. Names are USER/NAME; log in by hf auth login."
        ) from error
