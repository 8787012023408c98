"""Patient-derived xenografts of Gao et al. 2015, from R objects of the repository bhklab/Xeva."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pooch
import requests

from qkdrp.common.errors import DataError
from qkdrp.common.files import atomic, write_csv
from qkdrp.systems.response.data.counts import CohortCount

COMMIT = "13ceae88891aebdce84b0e949cdc9375e620a4c7"
"""Of the repository; later ones remove the files."""

SOURCE = f"https://raw.githubusercontent.com/bhklab/Xeva/{COMMIT}/data/"
"""Where the files are."""

FILES: Mapping[str, str] = MappingProxyType(
    {
        "crc.pdxe.rda": "7e01806ceb6f84a1f21dd71ddce1d4537efcc3409d488c2ab10e06f7229dd51d",
        "pdac.pdxe.rda": "0728d35347a4567592a539faadef4e99185006581697ca3eda6966ce1d12b1fc",
        "nsclc.pdxe.rda": "d53c085b420a5062133e7047bb4fc9e422ad61f966927a1c8f729a46c7a618d7",
        "brca.pdxe.rda": "66f17105b1d20bfc76cc2d9ee40a11d55c2fd2c3c25f3f659e9b444fd130848f",
        "cm.pdxe.rda": "5019fa43ed01e8e9b754513b4c4a78d53a95151e6a50f41992c74e96e5a88a41",
    }
)
"""Files by name, one for each tumour type, with their SHA-256."""

DRUGS: Mapping[str, str] = MappingProxyType(
    {
        "cetuximab": "Cetuximab",
        "erlotinib": "Erlotinib",
        "gemcitabine-50mpk": "Gemcitabine",
        "paclitaxel": "Paclitaxel",
    }
)
"""Arms that GDSC has a drug for, by the source's name; others keep that name."""

COUNTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"Cetuximab": (61, 5), "Erlotinib": (22, 3), "Gemcitabine": (24, 11), "Paclitaxel": (52, 10)}
)
"""Models with RNA that do not respond and that do, of the published categories."""

SENSITIVE, RESISTANT = ("CR", "PR"), ("SD", "PD")
"""Categories of mRECIST: complete and partial response, stable and progressive disease."""

NOTE = (
    "Data of Gao et al., Nature Medicine 2015 (doi 10.1038/nm.3954); no licence of the data was "
    "found, so do not pass them on. Expression is log2(FPKM + 1); compare best_avg_response by "
    "rank, with --direction lower."
)
"""What a user of the data should know."""


def fetch_pdxe(folder: Path, progress: Any = None) -> list[CohortCount]:  # noqa: ANN401
    """Download the files, check them, and write ``expression``, ``response`` and ``samples``.

    Args:
        folder: Where to; what is there already is not fetched again.
        progress: A progress bar in the sense of pooch.

    Returns:
        The size of each cohort that GDSC has a drug for, beside what is expected.

    Raises:
        DataError: If a file cannot be had, has changed, or cannot be decoded.
    """
    rdata = _rdata()
    pooch.get_logger().setLevel("WARNING")
    registry = {name: f"sha256:{checksum}" for name, checksum in FILES.items()}
    downloads = pooch.create(path=folder / "archives", base_url=SOURCE, registry=registry)
    objects = []
    for name in FILES:
        path = _fetched(downloads, name, folder, progress)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # classes of R that have no constructor here
            objects += list(rdata.read_rda(path).values())
    try:
        tables = tables_of(objects)
    except (AttributeError, KeyError, IndexError) as error:
        raise DataError(
            f"{folder}: an R object lacks {error}, expected an XevaSet as of {COMMIT[:8]}: remove "
            f"{folder / 'archives'} and fetch again."
        ) from error
    with atomic(folder / "expression.csv.gz") as temporary:
        tables["expression"].to_csv(temporary, float_format="%.5g", compression="gzip")
    for name in ("response", "samples"):
        write_csv(folder / f"{name}.csv", tables[name])
    return _counts(tables["response"])


def tables_of(objects: Sequence[Any]) -> dict[str, pd.DataFrame]:
    """Return expression, response and samples of decoded XevaSets.

    Expression has a row for each sample. Of several animals of one tumour in the same arm, which
    the source does not have, the first would count.

    Args:
        objects: One for each tumour type.
    """
    parts = [_of_object(each) for each in objects]
    expression, response, samples = (pd.concat(each) for each in zip(*parts, strict=True))
    response = response.drop_duplicates(["sample", "drug"]).sort_values(["drug", "sample"])
    return {
        "expression": expression.rename_axis("sample"),
        "response": response.reset_index(drop=True),
        "samples": samples.reset_index(drop=True),
    }


def _of_object(found: Any) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:  # noqa: ANN401
    """Return the tables of one tumour type."""
    rna = found.molecularProfiles["RNASeq"].assayData["exprs"]  # genes in rows, FPKM
    genes, samples = (rna.coords[name].to_numpy() for name in rna.dims)
    expression = pd.DataFrame(np.log2(rna.to_numpy().T + 1), index=samples, columns=genes)
    told = found.sensitivity["model"].set_index("model.id")
    rows = []
    for model, sample in found.modToBiobaseMap[["model.id", "RNASeq"]].itertuples(index=False):
        experiment = found.experiment.get(model)
        if experiment is None or sample not in expression.index:
            continue
        if str(experiment["treatment.type"][0]) != "single" or len(experiment["drug"]["names"]) > 1:
            continue
        arm, recist = str(experiment["drug"]["join.name"][0]), told["mRECIST_published"][model]
        category = str(recist).split("-->")[0]
        if category not in (*SENSITIVE, *RESISTANT):
            continue
        letter = "S" if category in SENSITIVE else "R"
        change = told["best.avg.response_published"][model]
        rows.append((sample, DRUGS.get(arm, arm), letter, recist, change))
    columns = ["sample", "drug", "response", "recist", "best_avg_response"]
    types = found.model.drop_duplicates("biobase.id").set_index("biobase.id")["tumor.type"]
    described = pd.DataFrame({"sample": samples, "tumor_type": types.reindex(samples).to_numpy()})
    return expression, pd.DataFrame(rows, columns=columns), described


def _fetched(downloads: pooch.Pooch, name: str, folder: Path, progress: Any) -> Path:  # noqa: ANN401
    try:
        return Path(downloads.fetch(name, progressbar=progress))
    except requests.RequestException as error:
        raise DataError(
            f"{SOURCE}{name} cannot be reached ({type(error).__name__}): download it by hand into "
            f"{folder / 'archives'} and give the command again."
        ) from error
    except ValueError as error:  # pooch's word for a wrong checksum
        raise DataError(f"{name}: {error}") from error


def _counts(response: pd.DataFrame) -> list[CohortCount]:
    found = []
    for drug, expected in COUNTS.items():
        letters = response.loc[response["drug"] == drug, "response"]
        n_responder = int((letters == "S").sum())
        found.append(CohortCount(drug, (len(letters) - n_responder, n_responder), expected))
    return found


def _rdata() -> Any:  # noqa: ANN401  # a module
    try:
        import rdata
    except ImportError as error:
        raise DataError("Reading R objects needs the extra: pip install 'qkdrp[pdxe]'.") from error
    return rdata
