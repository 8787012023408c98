"""Tables of users: what is understood, what is mended aloud, and what is refused in one line."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.data.load import load_trial
from qkdrp.systems.pkpd.data.table import load_table
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial
from tests.qkdrp.systems.pkpd.conftest import Write, table_of_three


def load(write: Write, table: pd.DataFrame, **said: Any) -> Trial:
    return load_trial(str(write(table, said or None)))


def test_a_table_with_other_names(write: Write) -> None:
    table = table_of_three()
    plain = load(write, table)
    assert plain.covariates == ("BW", "SEX")
    assert plain.ids.tolist() == ["A", "B", "C"]
    assert plain.dose_levels().tolist() == [0, 5, 5]
    renamed = table.rename(
        columns={"ID": "Subject", "DVID": "ytype", "TIME": "time", "WT": "weight"}
    )
    assert load(write, renamed).digest() == plain.digest()
    own = table.rename(columns={"ID": "PATNO", "DV": "RESULT", "WT": "KG"})
    said = {"ID": "patno", "DV": "RESULT", "BW": "KG"}
    assert load(write, own, columns=said).digest() == plain.digest()


@pytest.mark.parametrize("left_out", [["EVID"], ["EVID", "DVID"], ["DVID"]])
def test_columns_that_are_derived(write: Write, left_out: list[str]) -> None:
    table = table_of_three()
    table["CMT"] = table["DVID"] + 1
    assert load(write, table.drop(columns=left_out)).digest() == load(write, table).digest()


def test_words_for_endpoints(write: Write) -> None:
    table = table_of_three()
    table["DVID"] = table["DVID"].map({0: "dose", 1: "cp", 2: "pca"})
    expected = load(write, table_of_three()).digest()
    said = {"concentration": "cp", "biomarker": "pca"}
    assert load(write, table, endpoints=said).digest() == expected


def test_unsorted_rows_are_sorted_aloud(write: Write) -> None:
    shuffled = load(write, table_of_three().iloc[::-1])
    assert shuffled.select(["A", "B", "C"]).digest() == load(write, table_of_three()).digest()
    assert shuffled.notes == ("rows were not in the order of time and were sorted",)


def test_units_are_converted_aloud(write: Write) -> None:
    table = table_of_three()
    expected = load(write, table).digest()
    table["TIME"] /= 24
    table["AMT"] *= 1000
    table["WT"] *= 1000
    table.loc[table["DVID"] == 1, "DV"] *= 1000
    units = {"time": "days", "amount": "µg", "concentration": "ng/mL", "weight": "g"}
    found = load(write, table, units=units)
    assert found.notes == ("numbers were converted to h, mg and mg/L",)
    assert found.subjects[1].doses.times.tolist() == [0, 24]
    assert found.digest() == expected


def test_moles_stay_moles(write: Write) -> None:
    found = load(write, table_of_three(), units={"amount": "umol", "concentration": "nmol/L",
                                                 "biomarker": "%"})  # fmt: skip
    assert (found.units.amount, found.units.concentration) == ("mmol", "mmol/L")
    assert found.units.biomarker == "%"
    assert found.dose_levels().tolist() == [0, 5e-3, 5e-3]


def test_biomarker_before_the_first_dose_is_the_baseline(write: Write) -> None:
    table = table_of_three()
    doses = table["EVID"] == 1
    table.loc[doses, "TIME"] += 12.5  # two values of the biomarker come first
    table.loc[table["DVID"] == 1, "TIME"] += 12.5
    trial = load(write, table)
    assert trial.subjects[1].baseline == pytest.approx(np.sqrt(10.0 * 9.0))
    assert trial.subjects[0].baseline == 9.0  # placebo: the first one


def test_concentrations_of_zero_before_the_first_dose_are_left_out_aloud(write: Write) -> None:
    zero = {"ID": "B", "WT": 70, "SEX": 1, "TIME": 0, "DV": 0, "EVID": 0, "AMT": 0, "DVID": 1}
    placebo = {**zero, "ID": "A", "WT": 60, "SEX": 0, "TIME": 12}
    table = pd.concat([table_of_three(), pd.DataFrame([zero, placebo])], ignore_index=True)
    found = load(write, table)
    assert found.notes == (
        "rows were not in the order of time and were sorted",
        "2 concentrations up to a first dose, which are 0, were left out",
    )
    assert found.n_observations(CONCENTRATION) == 4


@pytest.mark.parametrize("form", ["CENS", "BLQ", "LLOQ alone", "limit in DV"])
def test_values_below_quantification(write: Write, form: str) -> None:
    table = table_of_three()
    low = (table["ID"] == "C") & (table["DVID"] == 1) & (table["TIME"] == 25)
    table["LLOQ"] = np.where(table["DVID"] == 1, 0.5, np.nan)
    table.loc[low, "DV"] = 0.1
    if form == "limit in DV":
        table = table.drop(columns="LLOQ").assign(CENS=low.astype(int))
        table.loc[low, "DV"] = 0.5
    elif form != "LLOQ alone":
        table[form] = low.astype(int)
    found = load(write, table).subjects[2].observations[CONCENTRATION]
    assert found.below.tolist() == [False, True]
    assert found.limit[1] == 0.5
    assert np.isnan(found.values[1])  # noqa: PD011  # no data frame


def test_rows_without_values_are_left_out_aloud(write: Write) -> None:
    table = table_of_three().assign(MDV=lambda rows: rows["EVID"]).astype({"DV": object})
    table.loc[4, "MDV"], table.loc[4, "DV"] = 1, "."
    table.loc[9, "EVID"] = 2
    assert load(write, table).notes == ("left out: 1 rows with EVID 2, 1 rows with MDV 1",)


def test_times_to_predict_at_need_no_values(write: Write) -> None:
    table = table_of_three().astype({"DV": object})
    table.loc[table["EVID"] == 0, "DV"] = "."
    trial = load_table(write(table), measured=False)
    assert np.isnan(trial.subjects[1].observations[BIOMARKER].values).all()
    assert trial.n_observations(BIOMARKER) == 9


def test_a_covariate_can_be_left_out_or_chosen(write: Write) -> None:
    table = table_of_three().assign(SITE="Basel", VISIT=range(17))
    assert load(write, table, ignore=["site", "VISIT", "SEX"]).covariates == ("BW",)
    assert load(write, table, covariates=["SEX"]).covariates == ("SEX",)


Spoil = Callable[[pd.DataFrame], Any]


def put(row: int, column: str, value: Any) -> Spoil:
    def spoil(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype({column: object})
        table.loc[row - 1, column] = value
        return table

    return spoil


def add(**cells: Any) -> Spoil:
    """Add a row like an observation of the biomarker of B."""
    row = {"ID": "B", "WT": 70.0, "SEX": 1, "TIME": 5.0, "DV": 8.0, "EVID": 0, "AMT": 0, "DVID": 2}
    return lambda table: pd.concat([table, pd.DataFrame([row | cells])], ignore_index=True)


def also(**columns: Any) -> Spoil:
    return lambda table: table.assign(**columns)


FAULTS: dict[str, tuple[Spoil, str]] = {
    "dose without amount": (put(4, "AMT", 0), "row 4, column AMT holds 0.0, a dose row without"),
    "dose with a blank amount": (put(4, "AMT", "."), "row 4, column AMT holds nothing, a dose"),
    "negative dose": (put(4, "AMT", -5), "row 4, column AMT holds -5.0, a dose row without"),
    "amount in an observation": (put(7, "AMT", 5), "row 7, column AMT holds 5.0, an amount in a"),
    "concentration before any dose": (
        put(6, "TIME", 0), "row 6, column DV holds 2.5, a concentration before the first dose"
    ),
    "concentration of a placebo subject": (
        put(2, "DVID", 1), "row 2, column DV holds 8.0, a concentration before the first dose"
    ),
    "one row": (
        add(ID="D"), "row 18, column ID holds 'D', a subject with one row, expected doses and"
    ),
    "doses only": (
        lambda table: table[(table["ID"] != "C") | (table["EVID"] == 1)],
        "row 11, column ID holds 'C', a subject without observations",
    ),
    "two values at once": (
        add(TIME=12.0), "row 18, column TIME holds 12.0, subject 'B' has a second biomarker at this"
    ),
    "two doses at once": (
        add(TIME=24.0, EVID=1, AMT=5, DVID=0),
        "row 18, column TIME holds 24.0, subject 'B' has a second dose at this time",
    ),
    "text in a number": (put(7, "DV", "high"), "row 7, column 'DV' holds 'high', expected a nu"),
    "text in a time": (put(7, "TIME", "08:30"), "row 7, column 'TIME' holds '08:30', expected a"),
    "text in a covariate": (
        also(SITE="Basel"), "column 'SITE' holds 'Basel', expected a number or a blank; a column "
        'that is no covariate is left out by "ignore" in trial.json'
    ),
    "negative time": (put(7, "TIME", -1), "row 7, column TIME holds -1.0, expected a time of 0"),
    "no time": (put(7, "TIME", ""), "row 7, column TIME holds nothing, expected the hours since"),
    "value of zero": (put(7, "DV", 0), "row 7, column DV holds 0.0, expected a positive value"),
    "no value": (put(7, "DV", ""), "row 7, column DV holds nothing, expected a value; a row wi"),
    "infinite value": (put(7, "DV", "inf"), "row 7, column 'DV' is infinite"),
    "no id": (put(7, "ID", ""), "row 7 has no name in the column of row names"),
    "unknown endpoint": (
        put(7, "DVID", 3),
        "row 7, column DVID holds '3', expected 1 (concentration) or 2 (biomarker) in rows of",
    ),
    "changing weight": (
        put(7, "WT", 75), "row 7, column WT holds 75.0, other than row 4 of subject 'B': expected"
    ),
    "blank covariate": (put(7, "SEX", ""), "row 7, column SEX holds nothing, expected a number in"),
    "weight in grams": (
        lambda table: table.assign(WT=table["WT"] * 1000),
        "row 1, column WT holds 60000.0, expected a body weight of 0.2 to 500 kg; say another unit",
    ),
    "two units in a column": (
        also(UNIT=["ng/mL"] * 9 + ["ug/mL"] + ["ng/mL"] * 7),
        "row 10, column UNIT holds 'ug/mL', and row 1 'ng/mL': expected one unit for the biomarker",
    ),
    "another unit for one subject": (
        lambda table: table.assign(DV=table["DV"].where(table["ID"] != "C", table["DV"] * 1000)),
        "subject 'C' has a biomarker 1.1e+03 times that of the others on the mean: expected one",
    ),
    "infusion": (
        also(RATE=[0.0, 0, 0, 1] + [0] * 13),
        "row 4, column RATE holds 1.0, and infusions cannot be represented yet",
    ),
    "repeated doses": (
        also(ADDL=[0] * 3 + [6] + [0] * 13, II=24), "column ADDL holds 6.0, and repeated doses"
    ),
    "steady state": (also(SS=[0] * 3 + [1] + [0] * 13), "column SS holds 1.0, and doses at steady"),
    "reset": (put(7, "EVID", 3), "row 7, column EVID holds 3.0, expected 0 (observation) or 1"),
    "right censoring": (also(CENS=-1), "row 1, column CENS holds -1.0, expected 0, or 1 for below"),
    "below no limit": (
        also(CENS=[0] * 6 + [1] + [0] * 10, LLOQ=0.0),
        "row 7, column CENS holds 1.0, below a limit that is not there",
    ),
    "no column of values": (lambda table: table.drop(columns="DV"), "column DV is missing, expe"),
    "no column of ids": (lambda table: table.drop(columns="ID"), "column ID is missing, expec"),
    "no endpoints": (lambda table: table.drop(columns="DVID"), "found neither DVID nor CMT, which"),
    "two columns of weight": (also(BW=70), "found the columns WT and BW, expected one that is BW"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line(write: Write, fault: str) -> None:
    spoil, message = FAULTS[fault]
    path = write(spoil(table_of_three()))
    with pytest.raises(DataError) as refused:
        load_table(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"units": {"time": "fortnight"}}, "found 'fortnight' as unit of time, expected one of h,"),
        ({"units": {"amount": "mg", "concentration": "umol/L"}}, "the amount in mg and the conc"),
        ({"units": {"concentration": "mg"}}, "found 'nothing' as unit of the volume of concentrat"),
        ({"units": {"tim": "h"}}, "'tim': choose one of time, amount"),
        ({"unit": {}}, "it may hold name, units, columns"),
        (
            {"columns": {"DV": "RESULT"}},
            "column 'RESULT' is missing, which trial.json names for DV",
        ),
        (
            {"covariates": ["AGE"]},
            "covariate 'AGE' is missing, which trial.json names; found WT, S",
        ),
        ({"endpoints": {"concentration": 1, "biomarker": 1}}, "expected another number for each"),
    ],
)
def test_a_wrong_description_is_one_line(write: Write, said: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as refused:
        load_table(write(table_of_three(), said))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_description_that_is_no_json(write: Write) -> None:
    path = write(table_of_three())
    path.with_name("trial.json").write_text("{units: h}")
    with pytest.raises(DataError, match=r"trial\.json: cannot be read as JSON"):
        load_table(path)


def test_a_source_that_is_not_there(write: Write) -> None:
    path = write(table_of_three())
    with pytest.raises(DataError, match=r"did you mean .*trial\.csv"):
        load_trial(str(path.with_name("trail.csv")))
    assert len(load_trial(str(path.parent))) == 3
    path.with_name("other.csv").write_text("ID\n")
    with pytest.raises(DataError, match=r"found other\.csv, trial\.csv, expected one table"):
        load_trial(str(path.parent))
