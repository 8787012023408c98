"""Errors by drug: where one network is better than another."""

import numpy as np
import pandas as pd

from qkdrp.experiments.pairs.plan import PairPlan
from qkdrp.experiments.pairs.setups import Place, Setup
from qkdrp.experiments.pairs.tasks import SYSTEM
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.systems.registry import find_system

COLUMNS = ["split", "size", "data", "model", "drug", "name", "n", "mse"]


def drugs_frame(plan: PairPlan, findings: Findings) -> pd.DataFrame:
    """Return one row for each place, network and drug: the error over the test pairs of all seeds.

    Networks are compared on the same pairs: seeds that one of them lacks are left out.
    """
    frames = [_of_place(plan, findings, place) for place in plan.places()]
    return pd.concat(frames, ignore_index=True)


def _of_place(plan: PairPlan, findings: Findings, place: Place) -> pd.DataFrame:
    found = {setup: plan.results(setup, findings) for setup in plan.at(place)}
    found = {setup: results for setup, results in found.items() if results}
    common = sorted(set.intersection(*(set(each) for each in found.values()))) if found else []
    tables = []
    for number in common:
        setup = next(iter(found))
        drug, label = _test_pairs(plan, setup, number)
        for each, results in found.items():
            squares = (label - np.array(results[number].predictions)) ** 2
            tables.append(pd.DataFrame({"model": each.variant, "drug": drug, "square": squares}))
    if not tables:
        return pd.DataFrame(columns=COLUMNS)
    grouped = pd.concat(tables).groupby(["model", "drug"], sort=False)["square"]
    frame = grouped.agg(n="size", mse="mean").reset_index()
    names = dict(zip(plan.pairs.drugs.ids.tolist(), plan.pairs.drugs.names.tolist(), strict=True))
    frame["name"] = [names.get(drug, drug) for drug in frame["drug"]]
    return frame.assign(split=place.split, size=place.size, data=place.data)[COLUMNS]


def _test_pairs(
    plan: PairPlan, setup: Setup, number: int
) -> tuple[list[str], "np.ndarray[tuple[int], np.dtype[np.float64]]"]:
    """Return drug and target of each test pair, in the order of predictions."""
    pairs, config = plan.task(setup, number).pairs(), plan.run_config(setup, number)
    test = pairs.select(find_system(SYSTEM).split(pairs, config).test)
    return test.drug_ids.tolist(), config.data.target.of(test.value)
