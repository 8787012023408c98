import numpy as np
import pytest

from qkdrp.systems.response.labels import LabelNormaliser
from qkdrp.systems.response.new_samples.ranking import rank_drugs
from qkdrp.systems.response.new_samples.table import DrugForecast, value_of


def made(places: list[float], error: float, n: int = 50) -> DrugForecast:
    place = np.array([places])
    errors = [np.linspace(-error, error, n)]
    return DrugForecast(place / 10, place / 100, place, [np.abs(errors[0])], errors)


def test_the_lowest_place_comes_first() -> None:
    drugs = {"A": made([10.0, 90.0], 1.0), "B": made([50.0, 50.0], 1.0), "C": made([60, 80], 1.0)}
    table = rank_drugs(np.array(["s1", "s2"]), drugs, 0.9)
    assert table["sample"].tolist() == ["s1"] * 3 + ["s2"] * 3
    assert table["drug"].tolist() == ["A", "B", "C", "B", "C", "A"]
    assert table["rank"].tolist() == [1, 2, 3] * 2
    assert table["rank_low"].tolist() == table["rank_high"].tolist() == [1, 2, 3] * 2


def test_large_errors_leave_ranks_open() -> None:
    drugs = {"A": made([40.0], 90.0), "B": made([60.0], 90.0)}
    table = rank_drugs(np.array(["s"]), drugs, 0.9)
    assert table[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 2], [1, 2]]
    assert (table["percentile_low"] == 0).all()
    assert (table["percentile_high"] == 100).all()


def test_without_held_out_rows_there_are_no_bounds() -> None:
    drugs = {"A": made([40.0], 1.0), "B": made([60.0], 1.0, n=0)}
    table = rank_drugs(np.array(["s"]), drugs, 0.9)
    assert table[["rank_low", "rank_high"]].isna().all(axis=None)
    assert table.set_index("drug")["ln_ic50_low"].isna().tolist() == [False, True]


def test_values_without_a_number_have_no_rank() -> None:
    drugs = {"A": made([np.nan, 10.0], 1.0), "B": made([60.0, 60.0], 1.0)}
    table = rank_drugs(np.array(["s1", "s2"]), drugs, 0.9).set_index(["sample", "drug"])
    assert table["rank"].isna().to_dict()["s1", "A"]
    assert table["rank"].to_dict()["s2", "A"] == 1


def test_labels_at_the_ends_have_no_ln_ic50() -> None:
    labels = LabelNormaliser().fit(np.array([[1.0], [3.0]]))
    found = value_of(labels, np.array([-1.2, -1.0, 0.0, 0.5, 1.0, 3.0]))
    np.testing.assert_allclose(found, [-np.inf, -np.inf, 2.0, 2 + np.arctanh(0.5), np.inf, np.inf])
    known = labels.transform(np.array([[0.5], [2.5]]))[:, 0]
    found = value_of(labels, np.array([-1.2, 0.0, 3.0, np.nan]), known)
    np.testing.assert_allclose(found, [0.5, 2.0, 2.5, np.nan])


def test_ensembles_average_and_spread() -> None:
    one = np.array([[1.0, np.nan], [3.0, 2.0]])
    found = DrugForecast(one, one / 10, one, [np.ones(30), np.ones(30)], []).table(0.9)
    assert found["ln_ic50"].tolist()[0] == 2.0
    assert found.loc[1, ["ln_ic50", "ln_ic50_low", "ln_ic50_high"]].isna().all()
    assert found["ln_ic50_sd"][0] == pytest.approx(2**0.5)
    assert found["label"][0] == pytest.approx(0.2)
