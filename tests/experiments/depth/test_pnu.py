import pandas as pd
import pytest

from qkdrp.backends.depth.report import DepthReport
from qkdrp.experiments.depth import pnu
from qkdrp.experiments.depth.pnu_costs import (
    classical_parameters,
    cost_table,
    hybrid_parameters,
    least_step,
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> DepthReport:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return pnu.report_of(((4, 2), (8, 2)), seeds=3, workers=1)


def test_gates_with_and_without_the_tail_are_the_reference(report: DepthReport) -> None:
    found = pnu.compare_forms(report).set_index(["circuit", "form"])["two-qubit gates"]
    assert found.loc["(4,2)", "plain"] == 17
    assert found.loc["(4,2)", "tail absorbed"] <= 7
    assert found.loc["(8,2)", "plain"] == 40
    assert found.loc["(8,2)", "tail absorbed"] <= 20


def test_the_rule_of_the_team_is_broken_by_its_own_best_circuit() -> None:
    table = pnu.rule_table(((4, 1), (8, 3))).set_index(["circuit", "form"])
    assert table.loc[("(8,3)", "as built"), "depth"] == 39
    assert table.loc[("(8,3)", "as built"), "at most 9 (volume 512)"] == "broken"
    assert table.loc[("(4,1)", "absorbed tail"), "at most 7 (volume 128)"] == "met"


def test_devices_have_their_misprints_mended_and_a_snapshot() -> None:
    table = pnu.device_table().set_index("system")
    assert "ibm_torino" in table.loc["ibm_toronto", "erratum"]
    assert table.loc["ibm_toronto", "EPLG_pct, snapshot"] == "1.02"
    assert not table.loc["ibm_cleveland", "EPLG_pct, snapshot"]


def test_formulas_are_those_of_the_poster() -> None:
    assert classical_parameters(21, 64, 4, 2) == 85 * 4 + 16 * 4
    assert hybrid_parameters(21, 64, 4, 2) == (340, 24)
    assert least_step(4, 2) == 8 * 2 / (16 * 4)


def test_a_page_says_what_the_formulas_leave_out(report: DepthReport) -> None:
    costs = cost_table(report, pnu.DEVICE)
    assert costs["2q gates on the device"].tolist() == [17, 40]
    assert (costs["1q gates"] == pd.Series([40, 80])).all()
    assert (costs["ms a sample, device"] * 1e3 > 1e3 * costs["us a sample, simulated"]).all()
    page = pnu.to_page(pnu.compare_forms(report), pnu.rule_table(), costs, pnu.device_table())
    assert "4 of 4 need no more two-qubit gates" in page
    assert "faster for 0 of 2 circuits" in page
