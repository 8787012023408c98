"""Choosing the loader by what a data source holds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qkdrp.common.errors import DataError
from qkdrp.systems.response.checks import check_source
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.letters import refuse_swapped_letters
from qkdrp.systems.response.data.moli import holds_moli, load_moli, moli_drugs
from qkdrp.systems.response.data.synthetic import DRUG, synthetic_cohort
from qkdrp.systems.response.data.tables import holds_tables, load_tables, table_drugs
from qkdrp.training.run_config import SYNTHETIC


@dataclass(frozen=True)
class Loader:
    """One way to read a folder.

    Args:
        layout: What a folder must hold, for messages.
        holds: Tells whether a folder is of this layout.
        drugs: Lists the drugs of a folder.
        load: Loads one drug's cohort from a folder.
        options: Names of the loader's own keyword options.
    """

    layout: str
    holds: Callable[[Path], bool]
    drugs: Callable[[Path], list[str]]
    load: Callable[..., Cohort]
    options: tuple[str, ...] = ("decimal",)


LOADERS = (
    Loader("expression.* and response.* tables", holds_tables, table_drugs, load_tables),
    Loader(
        "MOLI's response/ and exprs_homogenized/",
        holds_moli,
        moli_drugs,
        load_moli,
        ("partner", "decimal"),
    ),
)
"""Loaders of folders, in the order in which they are tried."""


def list_drugs(source: str) -> list[str]:
    """Return the drugs of a data source, sorted.

    Args:
        source: ``"synthetic"`` or a folder.

    Raises:
        DataError: If the folder is missing, of no known layout, or without a drug.
    """
    if source == SYNTHETIC:
        return [DRUG]
    folder = Path(source)
    drugs = _loader(folder).drugs(folder)
    if not drugs:
        raise DataError(f"{folder}: found no drug, expected at least one with a response.")
    return drugs


def load_cohort(source: str = SYNTHETIC, drug: str | None = None, **options: str) -> Cohort:
    """Load the cohort of one drug.

    Args:
        source: ``"synthetic"`` or a folder in one of the layouts of :data:`LOADERS`.
        drug: Name of the drug; may be left out where the source has only one.
        **options: The loader's own options, such as ``partner`` of MOLI's archive.

    Raises:
        DataError: If anything in the source is missing or cannot be meant, the drug is unknown
            (lists those present), or the source has no such option.
    """
    drugs = list_drugs(source)
    if drug is None and len(drugs) == 1:
        drug = drugs[0]
    if drug not in drugs:
        found = "no drug given" if drug is None else f"unknown drug {drug!r}"
        raise DataError(f"{source}: {found}; choose one of {', '.join(drugs)}.")
    loader = None if source == SYNTHETIC else _loader(Path(source))
    surplus = sorted(set(options) - set(loader.options if loader else ()))
    if surplus:
        raise DataError(f"{source}: data of this layout have no option {', '.join(surplus)}.")
    return loader.load(Path(source), drug, **options) if loader else synthetic_cohort()


def load_data(data: DataConfig) -> Cohort:
    """Load the cohort that settings name.

    Raises:
        DataError: If it cannot be read, or labels and values contradict each other.
    """
    given = {"partner": data.partner, "decimal": data.decimal}
    options = {name: value for name, value in given.items() if value}
    cohort = load_cohort(data.source, data.drug, **options)
    refuse_swapped_letters(cohort)
    return cohort


def _loader(folder: Path) -> Loader:
    check_source(str(folder))
    for loader in LOADERS:
        if loader.holds(folder):
            return loader
    layouts = ", or ".join(loader.layout for loader in LOADERS)
    raise DataError(f"{folder}: holds no data that can be read, expected {layouts}.")
