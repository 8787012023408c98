from pathlib import Path

import numpy as np
import pytest

from qkdrp.systems.registry import find_download, find_system
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.fetch import CohortCount
from qkdrp.systems.response.data.load import load_cohort
from qkdrp.systems.response.overview import overview_of_counts, overview_of_drugs


def test_the_tables_hold_every_drug(folder: Path) -> None:
    said: list[tuple[str, int, int]] = []
    found = overview_of_drugs(DataConfig(source=str(folder)), lambda *each: said.append(each))
    sizes, ranges = found.tables
    drugs = find_system("response").describe(str(folder))
    assert [row[0] for row in sizes.rows] == drugs
    assert [row[0] for row in ranges.rows[::2]] == drugs
    assert [row[1] for row in ranges.rows] == ["R", "S"] * len(drugs)
    cohort = load_cohort(str(folder), drugs[0])
    n_responder = int(cohort.responder.sum())
    assert sizes.rows[0][1:4] == [
        str(number) for number in (len(cohort), len(cohort) - n_responder, n_responder)
    ]
    assert ranges.rows[1][3] == f"{np.min(cohort.ln_ic50[cohort.responder]):.2f}"
    assert said == [("reading", done, len(drugs)) for done in range(len(drugs) + 1)]


@pytest.mark.parametrize(("found", "verdict"), [((3, 2), "same"), ((3, 1), "DIFFERENT")])
def test_downloaded_counts_stand_beside_the_published(found: tuple[int, int], verdict: str) -> None:
    shown = overview_of_counts([CohortCount("Drug", found, (3, 2))])
    assert shown.tables[0].rows == [["Drug", *map(str, found), "3 / 2", verdict]]
    assert shown.as_published is (verdict == "same")


def test_downloads_are_found_by_their_names() -> None:
    assert callable(find_download("moli"))
