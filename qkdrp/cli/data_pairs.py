"""``qkdrp data pairs``: published tables as the tables that ``train-pairs`` reads."""

from pathlib import Path
from typing import Annotated

import typer

_TABLE = {"metavar": "FILE"}


def pairs(
    *,
    responses: Annotated[
        Path, typer.Option(help="ln IC50 of cell lines (rows) and drugs (columns).", **_TABLE)
    ],
    features: Annotated[
        Path, typer.Option(help="Features (columns) of cell lines (rows).", **_TABLE)
    ],
    drugs: Annotated[Path, typer.Option(help="Drugs (rows) with a column of SMILES.", **_TABLE)],
    samples: Annotated[
        Path | None, typer.Option(help="Cell lines (rows) with a column of tissues.", **_TABLE)
    ] = None,
    smiles: Annotated[str, typer.Option(help="Column of SMILES.", metavar="COLUMN")] = "smiles",
    name: Annotated[
        str | None, typer.Option(help="Column with names of drugs.", metavar="COLUMN")
    ] = None,
    tissue: Annotated[str, typer.Option(help="Column of tissues.", metavar="COLUMN")] = "tissue",
    output: Annotated[Path, typer.Option(help="A new folder for the tables.")],
) -> None:
    """Write published tables of lines, drugs and responses as a folder for train-pairs."""
    from qkdrp.cli.console import console, print_folder
    from qkdrp.systems.pairs.data.convert import Columns, Sources, convert

    sources = Sources(responses, features, drugs, samples)
    counts = convert(sources, Columns(smiles, name, tissue), output)
    console().print(counts.text(), soft_wrap=True)
    print_folder("data", output)
