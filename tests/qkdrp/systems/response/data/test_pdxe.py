import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.response.data import pdxe
from qkdrp.systems.response.data.load import list_drugs

if TYPE_CHECKING:
    from tests.qkdrp.conftest import CliResult

rdata = pytest.importorskip("rdata")
xarray = pytest.importorskip("xarray")

MODELS = {  # model: sample, arm, kind of treatment, category, change
    "X.1.a": ("X-1", "cetuximab", "single", "PR-->PD", -35.0),
    "X.1.b": ("X-1", "untreated", "control", "PD", 90.0),
    "X.2.a": ("X-2", "cetuximab", "single", "SD", 10.0),
    "X.2.b": ("X-2", "BKM120 + LJC049", "single", "CR", -90.0),
    "X.3.a": ("X-9", "cetuximab", "single", "CR", -90.0),  # without RNA
}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""


def plain_object() -> dict[str, Any]:
    """Return what R would hold, as far as the library writes it: no classes, one flat matrix."""
    models = list(MODELS)
    samples = [MODELS[name][0] for name in models]
    return {
        "genes": np.array(["AAA", "BBB"]),
        "samples": np.array(["X-1", "X-2"]),
        "rna": np.array([[1.0, 3.0], [0.0, 7.0]]),
        "models": np.array(models),
        "recist": np.array([MODELS[name][3] for name in models]),
        "change": np.array([MODELS[name][4] for name in models]),
        "of_models": np.array(samples),
        "kinds": np.array([MODELS[name][2] for name in models]),
        "arms": np.array([MODELS[name][1] for name in models]),
    }


def classes_of(content: dict[str, Any]) -> SimpleNamespace:
    """Return the classes that the source's files have, from the content of a made one."""
    rna = xarray.DataArray(
        content["rna"],
        dims=("dim_0", "dim_1"),
        coords={"dim_0": content["genes"], "dim_1": content["samples"]},
    )
    experiment = {
        name: {
            "treatment.type": [kind],
            "drug": {"join.name": [arm], "names": dict(enumerate(str(arm).split(" + ")))},
        }
        for name, kind, arm in zip(
            content["models"], content["kinds"], content["arms"], strict=True
        )
    }
    return SimpleNamespace(
        molecularProfiles={"RNASeq": SimpleNamespace(assayData={"exprs": rna})},
        sensitivity={
            "model": pd.DataFrame(
                {
                    "model.id": content["models"],
                    "mRECIST_published": content["recist"],
                    "best.avg.response_published": content["change"],
                }
            )
        },
        modToBiobaseMap=pd.DataFrame(
            {"model.id": content["models"], "RNASeq": content["of_models"]}
        ),
        experiment=experiment,
        model=pd.DataFrame({"biobase.id": content["of_models"], "tumor.type": "CRC"}),
    )


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve one made file in place of the repository."""
    folder = tmp_path / "served"
    folder.mkdir()
    rdata.write_rda(folder / "crc.pdxe.rda", {"crc.pdxe": plain_object()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    checksum = hashlib.sha256((folder / "crc.pdxe.rda").read_bytes()).hexdigest()
    monkeypatch.setattr(pdxe, "SOURCE", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setattr(pdxe, "FILES", {"crc.pdxe.rda": checksum})

    def read_rda(path: Path) -> dict[str, Any]:
        return {name: classes_of(each) for name, each in rdata.read_rda(path).items()}

    monkeypatch.setattr(pdxe, "_rdata", lambda: SimpleNamespace(read_rda=read_rda))
    yield folder
    server.shutdown()
    server.server_close()


def test_files_become_tables(served: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pdxe"
    counts = pdxe.fetch_pdxe(folder)
    assert [(each.drug, each.found) for each in counts][:2] == [
        ("Cetuximab", (1, 1)),
        ("Erlotinib", (0, 0)),
    ]
    response = pd.read_csv(folder / "response.csv")
    assert response.to_dict("list") == {
        "sample": ["X-1", "X-2"],
        "drug": ["Cetuximab"] * 2,
        "response": ["S", "R"],
        "recist": ["PR-->PD", "SD"],
        "best_avg_response": [-35.0, 10.0],
    }
    expression = pd.read_csv(folder / "expression.csv.gz", index_col="sample")
    assert expression.loc["X-1"].tolist() == [1.0, 0.0]  # log2(FPKM + 1)
    assert expression.loc["X-2"].tolist() == [2.0, 3.0]
    assert pd.read_csv(folder / "samples.csv")["tumor_type"].tolist() == ["CRC", "CRC"]
    assert list_drugs(str(folder)) == ["Cetuximab"]


def test_other_files_are_refused(served: Path, tmp_path: Path) -> None:
    (served / "crc.pdxe.rda").write_bytes(b"another")
    with pytest.raises(DataError, match="hash"):
        pdxe.fetch_pdxe(tmp_path / "pdxe")
    (served / "crc.pdxe.rda").unlink()
    with pytest.raises(DataError, match="cannot be reached"):
        pdxe.fetch_pdxe(tmp_path / "pdxe")
    assert not (tmp_path / "pdxe" / "response.csv").exists()


def test_without_the_extra_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Any
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rdata", None)
    result: CliResult = cli("data", "fetch", "pdxe", "--output", tmp_path / "pdxe")
    assert result.code == 2
    assert "pip install 'qkdrp[pdxe]'" in result.err
    assert not (tmp_path / "pdxe").exists()
