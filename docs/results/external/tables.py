"""Tables of docs/results/external.md, made from copies of the published data.

    python docs/results/external/tables.py DATA OUTPUT

DATA holds the files named below, OUTPUT gets a folder for training and one for each cohort.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

PACLITAXEL = 11
"""Its DRUG_ID in GDSC."""

MISMATCHED = ("749710", "905947", "1298538")
"""COSMIC ids of lines whose GDSC expression is another line's: HCC1143, 786-O, RERF-LC-Sq1."""

BLOOD = ("Lymphoid", "Myeloid")
"""Tissues of blood."""

POWER = ("Erlotinib", "Paclitaxel")
"""Drugs that GDSC measured on few of its lines."""


def write(folder: Path, **tables: pd.DataFrame) -> None:
    """Write tables into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)


def training(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return GDSC's expression, and its responses with those to Paclitaxel added."""
    expression = pd.read_csv(data / "gdsc5/expression.csv.gz", dtype={"sample": str})
    response = pd.read_csv(data / "gdsc5/response.csv", dtype={"sample": str})
    drugs = pd.read_csv(data / "drugs.csv", index_col="DRUG_ID")
    measured = pd.read_csv(data / "ic50_gdsc_v17.csv.gz", dtype={"COSMIC_ID": str})
    more = measured[["COSMIC_ID", str(PACLITAXEL)]].dropna()
    more = more.set_axis(["sample", "ln_ic50"], axis=1).assign(drug="Paclitaxel")
    sensitive = more["ln_ic50"] <= drugs.loc[PACLITAXEL, "ln_ic50_threshold"]
    more["response"] = np.where(sensitive, "S", "R")
    more = more[more["sample"].isin(expression["sample"])]
    return expression, pd.concat([response, more], ignore_index=True)


def other_laboratory(folder: Path, expression: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return GDSC lines that only another laboratory treated with a drug."""
    lines = pd.read_csv(folder / "samples.csv", index_col="sample", dtype={"cosmic_id": str})
    response = pd.read_csv(folder / "response.csv")
    chosen = response["drug"].isin(POWER) & (response["in_gdsc_drug"] == 0)
    response = response[chosen].set_index("sample").join(lines)
    response = response[(response["in_gdsc"] == 1) & ~response["cosmic_id"].isin(MISMATCHED)]
    group = np.where(response["tissue"].isin(BLOOD), "blood", "solid")
    response = response.assign(sample=response["cosmic_id"], group=group)
    return {
        "expression": expression[expression["sample"].isin(response["sample"])],
        "response": response[["sample", "drug", "auc"]],
        "samples": response[["sample", "group"]].drop_duplicates(),
    }


def pdtc(data: Path) -> dict[str, pd.DataFrame]:
    """Return breast tumour cells; zeros of the source stand for missing values."""
    expression = pd.read_csv(data / "ext_pdtc_expr.csv.gz", index_col="Model").replace(0.0, np.nan)
    response = pd.read_csv(data / "ext_pdtc_response.csv")
    names = {"Model": "sample", "Drug": "drug", "AUC": "activity_area"}
    return {
        "expression": expression.rename_axis("sample").reset_index(),
        "response": response.rename(columns=names)[list(names.values())],
    }


def main(data: Path, output: Path) -> None:
    """Write all folders."""
    expression, response = training(data)
    write(output / "gdsc6", expression=expression, response=response)
    for name in ("ctrp2", "ccle"):
        write(output / name, **other_laboratory(data / "external" / name, expression))
    write(output / "pdtc", **pdtc(data))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
