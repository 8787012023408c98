import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data.fetch import LOCK, MOLI_DOI, fetch_dataset, unpack
from tests.qkdrp.conftest import CliResult, snapshot, write_moli

PARTNERS = {"Cetuximab": ("PDX",), "Gemcitabine": ("TCGA", "PDX")}
NEEDED = ("response.tar.gz", "exprs_homogenized.tar.gz")


class Record:
    """A stand-in for Zenodo: serves a record of files, and counts what is asked of it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.checksums: dict[str, str] = {}
        self.asked: list[str] = []
        self.page: bytes | None = None
        record = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                record.asked.append(self.path)
                body = record.answer(self.path)
                self.send_response(200 if body is not None else 404)
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def answer(self, path: str) -> bytes | None:
        if path == "/records/4036592":
            return self.page or json.dumps(self.listing()).encode()
        return self.files.get(path.removeprefix("/files/"))

    def listing(self) -> dict[str, object]:
        return {
            "id": 4036592,
            "files": [
                {
                    "key": name,
                    "checksum": self.checksums.get(
                        name,
                        f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}",
                    ),
                    "links": {"self": f"{self.url}/files/{name}"},
                }
                for name, content in self.files.items()
            ],
        }

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def archive_of(folder: Path) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.add(folder, folder.name)
    return content.getvalue()


def archive_with(member: tarfile.TarInfo, content: bytes = b"evil") -> bytes:
    """Return an archive of one harmless file and one more."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        good = tarfile.TarInfo("response/good.tsv")
        good.size = 4
        tar.addfile(good, io.BytesIO(b"good"))
        if member.isreg():
            member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    source = write_moli(tmp_path / "source", PARTNERS)
    record = Record()
    record.files = {
        "response.tar.gz": archive_of(source / "response"),
        "exprs_homogenized.tar.gz": archive_of(source / "exprs_homogenized"),
        "SNA_binary.tar.gz": b"not needed",
    }
    zenodo = pooch.downloaders.ZenodoRepository
    monkeypatch.setattr(zenodo, "base_api_url", f"{record.url}/records")
    monkeypatch.setattr(
        pooch.downloaders, "doi_to_url", lambda doi, **_: "https://zenodo.org/records/4036592"
    )
    yield record
    record.stop()


def test_a_full_fetch_counts_each_cohort(record: Record, tmp_path: Path) -> None:
    folder = tmp_path / "moli"
    counts = fetch_dataset("moli", folder)
    assert [(count.drug, count.found) for count in counts] == [
        ("Cetuximab", (36, 24)),
        ("Gemcitabine", (36, 24)),
    ]
    assert counts[0].published == (735, 121)
    assert {path.name for path in folder.iterdir()} == {
        "archives",
        "response",
        "exprs_homogenized",
        LOCK,
    }
    assert {path.name for path in (folder / "archives").iterdir()} == set(NEEDED)
    for name in ("response", "exprs_homogenized"):
        assert snapshot(folder / name) == snapshot(tmp_path / "source" / name)


def test_the_lock_holds_names_and_checksums(record: Record, tmp_path: Path) -> None:
    fetch_dataset("moli", tmp_path / "moli")
    lock = json.loads((tmp_path / "moli" / LOCK).read_text())
    assert set(lock) == set(record.files)
    assert all(checksum.startswith("md5:") for checksum in lock.values())


def test_nothing_is_asked_for_twice(record: Record, tmp_path: Path) -> None:
    fetch_dataset("moli", tmp_path / "moli")
    assert sorted(set(record.asked)) == [
        "/files/exprs_homogenized.tar.gz",
        "/files/response.tar.gz",
        "/records/4036592",
    ]
    before = len(record.asked)
    assert len(fetch_dataset("moli", tmp_path / "moli")) == 2
    assert len(record.asked) == before


def test_the_lock_outlives_a_change_of_the_record(record: Record, tmp_path: Path) -> None:
    folder = tmp_path / "moli"
    fetch_dataset("moli", folder)
    for path in (folder / "response").iterdir():
        path.unlink()
    (folder / "response").rmdir()
    (folder / "archives" / "response.tar.gz").unlink()
    record.files["response.tar.gz"] = archive_with(tarfile.TarInfo("response/new.tsv"))
    with pytest.raises(DataError, match="hash"):
        fetch_dataset("moli", folder)
    assert not (folder / "response").exists()


def test_a_wrong_checksum_is_one_clear_error(record: Record, tmp_path: Path) -> None:
    record.checksums["response.tar.gz"] = f"md5:{'0' * 32}"
    with pytest.raises(DataError, match=rf"{MOLI_DOI}.*response\.tar\.gz"):
        fetch_dataset("moli", tmp_path / "moli")
    assert not (tmp_path / "moli" / "response").exists()
    assert list((tmp_path / "moli" / "archives").iterdir()) == []


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../evil.txt"),
        tarfile.TarInfo("response/../../evil.txt"),
        link("response/link", "../../evil.txt"),
        link("response/link", "/etc"),
        link("response/hard", "../../evil.txt", tarfile.LNKTYPE),
        link("response/device", "", tarfile.CHRTYPE),
    ],
    ids=["parent", "inner-parent", "symlink", "absolute-symlink", "hard-link", "device"],
)
def test_an_archive_that_leaves_its_folder_is_refused(
    record: Record, tmp_path: Path, member: tarfile.TarInfo
) -> None:
    record.files["response.tar.gz"] = archive_with(member)
    folder = tmp_path / "moli"
    with pytest.raises(DataError, match=r"response\.tar\.gz: refused"):
        fetch_dataset("moli", folder)
    assert {path.name for path in folder.iterdir()} == {"archives", LOCK}
    assert not list(tmp_path.rglob("*evil*"))


def test_an_absolute_path_stays_inside(record: Record, tmp_path: Path) -> None:
    outside = tmp_path / "evil.txt"
    record.files["response.tar.gz"] = archive_with(tarfile.TarInfo(str(outside)))
    folder = tmp_path / "moli"
    with pytest.raises(DataError, match=r"response\.tar\.gz: refused"):
        fetch_dataset("moli", folder)
    assert {path.name for path in folder.iterdir()} == {"archives", LOCK}
    assert not outside.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", archive_with(link("a", "b"))[:60]],
    ids=["empty", "no archive", "cut off"],  # an archive holds the time: ids would differ
)
def test_a_damaged_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "response.tar.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"(?s)response\.tar\.gz: refused .*fetch it again"):
        unpack(tmp_path / "response.tar.gz", tmp_path / "response")
    assert [path.name for path in tmp_path.iterdir()] == ["response.tar.gz"]


def test_an_archive_without_a_top_folder_is_unpacked_as_well(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("a.tsv"))
    (tmp_path / "response.tar.gz").write_bytes(buffer.getvalue())
    unpack(tmp_path / "response.tar.gz", tmp_path / "response")
    assert set(snapshot(tmp_path)) == {"response.tar.gz", "response", "response/a.tsv"}


def test_a_record_without_an_archive_lists_what_it_holds(record: Record, tmp_path: Path) -> None:
    del record.files["exprs_homogenized.tar.gz"]
    with pytest.raises(DataError, match=r"no exprs_homogenized.*holds SNA_binary.*response"):
        fetch_dataset("moli", tmp_path / "moli")


@pytest.mark.parametrize("page", [b"<html>maintenance</html>", b'{"message": "gone"}'])
def test_a_record_that_cannot_be_read_says_what_to_do(
    record: Record, tmp_path: Path, page: bytes
) -> None:
    record.page = page
    with pytest.raises(DataError, match=f"cannot be reached.*{MOLI_DOI} by hand"):
        fetch_dataset("moli", tmp_path / "moli")


def test_a_server_that_is_down_says_what_to_do(
    record: Record, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    record.server.server_close()
    record.server.shutdown()
    result = cli("data", "fetch", "moli", "--output", tmp_path / "moli")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert result.err.startswith(f"error: Record {MOLI_DOI} cannot be reached")
    assert all(word in result.err for word in ("response*.tar.gz", "exprs_homogenized", "by hand"))
    assert not (tmp_path / "moli").exists()


def test_unknown_data(tmp_path: Path, cli: Callable[..., CliResult]) -> None:
    result = cli("data", "fetch", "gdsc3", "--output", tmp_path / "out")
    assert result.code == 2
    assert result.err == "error: Unknown data 'gdsc3': choose one of moli, pdxe.\n"
    assert not (tmp_path / "out").exists()


def test_the_command_compares_with_the_published_counts(
    record: Record, tmp_path: Path, cli: Callable[..., CliResult]
) -> None:
    result = cli("data", "fetch", "moli", "--output", tmp_path / "moli")
    assert result.code == 1
    assert "735 / 121" in result.out
    assert result.out.count("DIFFERENT") == 2
    assert f"data folder: {tmp_path / 'moli'}" in result.out


def test_a_failed_command_says_one_line(
    record: Record,
    tmp_path: Path,
    cli: Callable[..., CliResult],
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Pooch's own logger writes to the stderr of its import, which no fixture sees.
    logger = pooch.get_logger()
    logger.addHandler(caplog.handler)
    record.checksums["response.tar.gz"] = f"md5:{'0' * 32}"
    result = cli("data", "fetch", "moli", "--output", tmp_path / "moli")
    logger.removeHandler(caplog.handler)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert caplog.messages == []
