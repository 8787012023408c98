"""Downloading published data: record 4036592 of Zenodo (MOLI's GDSC files), and others by name."""

import json
import tarfile
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import pooch
import requests

from qkdrp.common.errors import DataError
from qkdrp.common.files import write_json
from qkdrp.systems.response.data.counts import CohortCount
from qkdrp.systems.response.data.moli import load_moli, moli_drugs
from qkdrp.systems.response.data.partners import write_partners
from qkdrp.systems.response.data.pdxe import fetch_pdxe

MOLI_DOI = "10.5281/zenodo.4036592"
"""The record; MOLI is Sharifi-Noghabi et al. 2019."""

ARCHIVES = ("response*.tar.gz", "exprs_homogenized*.tar.gz")
"""Archives of the record that are needed; one is known to be ``response.tar.gz``."""

LOCK = "moli.lock.json"
"""Names and checksums of all files of the record, as it gave them; they may not change later."""

PUBLISHED_COUNTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "Cetuximab": (735, 121),
        "Cisplatin": (752, 77),
        "Docetaxel": (764, 65),
        "Erlotinib": (298, 64),
        "Gemcitabine": (790, 54),
    }
)
"""Non-responders and responders of each cohort in Ito et al. 2025."""


def fetch_dataset(name: str, folder: Path, progress: Any = None) -> list[CohortCount]:  # noqa: ANN401
    """Download, check and unpack published data.

    Args:
        name: A key of :data:`DATASETS`.
        folder: Where to unpack; made if missing. What is there already is not fetched again.
        progress: A progress bar in the sense of pooch: ``total``, ``update``, ``reset``, ``close``.

    Returns:
        The size of each cohort, to be compared with the published ones.

    Raises:
        DataError: If the name is unknown, the record cannot be reached or has changed, a
            checksum is wrong, an archive is unsafe, or a cohort cannot be loaded.
    """
    if name not in DATASETS:
        raise DataError(f"Unknown data {name!r}: choose one of {', '.join(DATASETS)}.")
    return DATASETS[name](folder, progress)


def fetch_moli(folder: Path, progress: Any = None) -> list[CohortCount]:  # noqa: ANN401
    """Fetch MOLI's archives of the GDSC cohorts, and write their partners as external cohorts."""
    pooch.get_logger().setLevel("WARNING")
    downloads = pooch.create(path=folder / "archives", base_url=f"doi:{MOLI_DOI}")
    try:
        downloads.registry = _locked_registry(folder, downloads)
        for archive in _needed(downloads.registry):
            target = folder / archive.removesuffix(".tar.gz")
            if not target.exists():
                unpack(Path(downloads.fetch(archive, progressbar=progress)), target)
    except (requests.RequestException, KeyError) as error:
        raise DataError(
            f"Record {MOLI_DOI} cannot be reached ({type(error).__name__}): download "
            f"{' and '.join(ARCHIVES)} from https://doi.org/{MOLI_DOI} by hand and unpack them "
            f"into {folder}."
        ) from error
    except DataError:
        raise
    except ValueError as error:  # pooch's word for a wrong checksum
        raise DataError(f"Record {MOLI_DOI}: {error}") from error
    drugs = moli_drugs(folder)
    for drug in drugs:
        write_partners(folder, drug)
    return [_count(folder, drug) for drug in drugs if drug in PUBLISHED_COUNTS]


def unpack(archive: Path, target: Path) -> None:
    """Unpack an archive into a folder that appears whole or not at all.

    A single top folder of the target's name is not doubled.

    Raises:
        DataError: If the archive is damaged or would write outside the folder.
    """
    with TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as temporary:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(temporary, filter=_inside)  # noqa: S202  # filtered
        except (tarfile.TarError, OSError, EOFError) as error:
            raise DataError(
                f"{archive}: refused ({error}); remove it and fetch it again."
            ) from error
        content = Path(temporary)
        inner = content / target.name
        (inner if inner.is_dir() else content).rename(target)
        content.mkdir(exist_ok=True)  # for TemporaryDirectory to remove


def _inside(member: tarfile.TarInfo, target: str) -> tarfile.TarInfo:
    """Refuse what would land outside; ``data_filter`` itself only cuts a leading slash off."""
    if member.name.startswith("/"):
        raise tarfile.AbsolutePathError(member)
    return tarfile.data_filter(member, target)


def _locked_registry(folder: Path, downloads: pooch.Pooch) -> dict[str, str]:
    """Return names and checksums of the record's files: from the lock, or asked for and locked."""
    lock = folder / LOCK
    if lock.is_file():
        content: dict[str, str] = json.loads(lock.read_text())
        return content
    downloads.load_registry_from_doi()
    folder.mkdir(parents=True, exist_ok=True)
    write_json(lock, downloads.registry)
    return dict(downloads.registry)


def _needed(registry: Mapping[str, str]) -> list[str]:
    needed = []
    for pattern in ARCHIVES:
        matches = [name for name in registry if fnmatch(name, pattern)]
        if not matches:
            raise DataError(
                f"Record {MOLI_DOI} has no {pattern}; it holds {', '.join(sorted(registry))}."
            )
        needed += matches
    return needed


def _count(folder: Path, drug: str) -> CohortCount:
    cohort = load_moli(folder, drug)
    n_responder = int(cohort.responder.sum())
    return CohortCount(drug, (len(cohort) - n_responder, n_responder), PUBLISHED_COUNTS[drug])


DATASETS: Mapping[str, Callable[[Path, Any], list[CohortCount]]] = MappingProxyType(
    {"moli": fetch_moli, "pdxe": fetch_pdxe}
)
"""Published data by name."""
