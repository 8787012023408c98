"""Choosing the loader by what a data source holds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qkdrp.common.errors import DataError
from qkdrp.common.names import choose_one_of, listed
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.annotations import annotated
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.letters import refuse_swapped_letters
from qkdrp.systems.response.data.moli import holds_moli, load_moli, moli_drugs
from qkdrp.systems.response.data.synthetic import DRUG, synthetic_cohort
from qkdrp.systems.response.data.tables import holds_tables, load_tables, table_drugs
from qkdrp.training.run_config import SYNTHETIC
from qkdrp.training.source import check_source


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
    options: tuple[str, ...]


FOR_ALL = ("split", "gene_map")
"""Options of every source: they name files of their own."""

FOR_FOLDERS = (*FOR_ALL, "decimal", "threshold", "group_by", "residual_by", "target")
"""Options of every folder."""

LOADERS = (
    Loader(
        "expression.* and response.* tables",
        holds_tables,
        table_drugs,
        load_tables,
        (*FOR_FOLDERS, "measure", "direction", "transform"),
    ),
    Loader(
        "MOLI's response/ and exprs_homogenized/",
        holds_moli,
        moli_drugs,
        load_moli,
        (*FOR_FOLDERS, "partner"),
    ),
)
"""Loaders of folders, in the order in which they are tried."""

LOADING = tuple(dict.fromkeys(name for loader in LOADERS for name in loader.options))
"""All options that some source has."""


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


def load_cohort(source: str = SYNTHETIC, drug: str | None = None, **options: Any) -> Cohort:  # noqa: ANN401  # settings, validated
    """Load the cohort of one drug.

    Args:
        source: ``"synthetic"`` or a folder in one of the layouts of :data:`LOADERS`.
        drug: Name of the drug; may be left out where the source has only one.
        **options: Fields of :class:`~qkdrp.systems.response.config.DataConfig` that the source
            has, such as ``partner`` of MOLI's archive.

    Raises:
        ConfigError: If an option is outside its range.
        DataError: If anything in the source is missing or invalid, the drug is unknown (lists
            those present), or the source has no such option.
    """
    return _load(DataConfig.make(source=source, drug=drug, **options))


def load_data(data: DataConfig) -> Cohort:
    """Load the cohort that settings name.

    Raises:
        DataError: If it cannot be read, or labels and values contradict each other.
    """
    cohort = _load(data)
    refuse_swapped_letters(cohort)
    return cohort


def _load(data: DataConfig) -> Cohort:
    drugs = list_drugs(data.source)
    drug = drugs[0] if data.drug is None and len(drugs) == 1 else data.drug
    if drug is None:
        raise DataError(f"{data.source}: no drug given; choose one of {listed(drugs)}.")
    if drug not in drugs:
        raise DataError(f"{data.source}: unknown drug {drug!r}; {choose_one_of(drug, drugs)}")
    loader = None if data.source == SYNTHETIC else _loader(Path(data.source))
    known = loader.options if loader else FOR_ALL
    surplus = [name for name in LOADING if name not in known and getattr(data, name) is not None]
    if surplus:
        raise DataError(f"{data.source}: data of this layout have no option {', '.join(surplus)}.")
    cohort = loader.load(Path(data.source), drug, data) if loader else synthetic_cohort()
    return annotated(cohort, Path(data.source), data)


def _loader(folder: Path) -> Loader:
    check_source(str(folder))
    for loader in LOADERS:
        if loader.holds(folder):
            return loader
    layouts = ", or ".join(loader.layout for loader in LOADERS)
    inside = listed(sorted(path.name for path in folder.iterdir())) or "nothing"
    raise DataError(
        f"{folder}: holds no data that can be read, expected {layouts}; found {inside}."
    )
