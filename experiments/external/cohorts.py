"""External cohorts: expression, responses by drug, and groups of samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.experiments.external.sources import CohortSource
from qkdrp.systems.response.data.annotations import samples_table
from qkdrp.systems.response.data.synthetic import DRUG, synthetic_external
from qkdrp.systems.response.data.tables import table_drugs
from qkdrp.systems.response.new_samples.outcomes import MEASURE, RESPONDER, load_outcomes
from qkdrp.systems.response.new_samples.samples import Samples, load_samples
from qkdrp.training.run_config import SYNTHETIC

ALL = "all"
"""Group of all samples."""


@dataclass(frozen=True, eq=False)
class ExternalCohort:
    """Samples of other origin.

    Args:
        name: What tables call it.
        samples: Their expression.
        outcomes: By drug, as :func:`~.outcomes.load_outcomes` gives them, rows with expression.
        groups: Group of each sample by its id; empty where there are none.
    """

    name: str
    samples: Samples
    outcomes: Mapping[str, pd.DataFrame]
    groups: Mapping[str, str]

    def scored(self, drug: str, seen: NDArray[np.str_]) -> NDArray[np.str_]:
        """Return the ids of samples with a response to a drug that no training saw.

        Args:
            drug: The drug.
            seen: Ids of the samples that models are trained on.
        """
        ids = self.outcomes[drug].index.to_numpy(dtype=np.str_)
        return ids[~np.isin(ids, seen)]

    def groups_of(self, ids: NDArray[np.str_]) -> dict[str, NDArray[np.bool_]]:
        """Return which samples are in each group, all of them first; a group of all is left out."""
        found = {ALL: np.ones(len(ids), dtype=bool)}
        groups = np.array([self.groups.get(each, "") for each in ids.tolist()])
        names = sorted(set(groups.tolist()) - {""})
        if len(names) > 1:
            found |= {name: groups == name for name in names}
        return found

    def digest(self) -> str:
        """Return a SHA-256 of expression, responses and groups."""
        content = sha256(self.samples.digest().encode())
        for drug, table in sorted(self.outcomes.items()):
            content.update(f"{drug}{table.to_csv()}".encode())
        content.update(repr(sorted(self.groups.items())).encode())
        return content.hexdigest()


def load_external(
    source: CohortSource, drugs: tuple[str, ...], by: tuple[str, ...]
) -> ExternalCohort:
    """Load a cohort.

    Args:
        source: Where it is, and what was measured.
        drugs: Drugs that are looked for.
        by: Columns of the samples table; the first that is there names groups.

    Raises:
        QkdrpError: If it cannot be read, or has none of the drugs.
    """
    if source.folder == SYNTHETIC:
        return _embedded()
    folder = Path(source.folder)
    samples = load_samples(source.folder)
    there = table_drugs(folder)
    found = {
        drug: _with_expression(
            load_outcomes(source.folder, drug, source.measure, source.direction, None), samples
        )
        for drug in drugs
        if drug in there
    }
    if not found:
        raise DataError(
            f"{folder}: has no response to {', '.join(drugs)}; it has {', '.join(there[:10])}."
        )
    return ExternalCohort(source.name, samples, found, _groups(folder, by))


@lru_cache(maxsize=8)
def external_of(
    source: CohortSource, drugs: tuple[str, ...], by: tuple[str, ...], digest: str
) -> ExternalCohort:
    """Load a cohort, once in a process for all tasks.

    Raises:
        DataError: If it is not the one of the digest.
    """
    cohort = load_external(source, drugs, by)
    if cohort.digest() != digest:
        raise DataError(
            f"{source.folder}: the data are not those that the study began with; give every worker "
            "the same, or begin a new study."
        )
    return cohort


def _with_expression(outcomes: pd.DataFrame, samples: Samples) -> pd.DataFrame:
    return outcomes[outcomes.index.isin(samples.samples.tolist())]


def _groups(folder: Path, by: tuple[str, ...]) -> dict[str, str]:
    table = samples_table(folder, *by) if by else None
    if table is None:
        return {}
    column = next((name for name in by if name in table.columns), None)
    if column is None:
        return {}
    values = table[column].dropna().astype(str)
    return dict(zip(values.index.astype(str), values, strict=True))


def _embedded() -> ExternalCohort:
    made = synthetic_external()
    outcomes = pd.DataFrame(
        {RESPONDER: made.responder.astype(object), MEASURE: made.ln_ic50},
        index=pd.Index(made.samples, dtype=object),
    )
    samples = Samples(made.samples, made.genes, made.expression, made.provenance, synthetic=True)
    return ExternalCohort(SYNTHETIC, samples, {DRUG: outcomes}, {})
