import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from qkdrp.systems.pairs.data.pair_data import PairData
from qkdrp.systems.pairs.predictions import SCORE_ROWS, predictions_of
from qkdrp.systems.pairs.preprocess import Preprocessor
from qkdrp.systems.pairs.scores import score


@pytest.fixture
def table(few: PairData, preprocessor: Preprocessor) -> pd.DataFrame:
    label = preprocessor.label(few)
    noise = 0.03 * np.random.default_rng(0).standard_normal(len(few))
    return predictions_of(preprocessor, few, "test", label + noise)


def test_scores_are_those_of_scipy(table: pd.DataFrame) -> None:
    found = score(table)
    label, prediction = table["label"], table["prediction"]
    assert found["mse"] == pytest.approx(((label - prediction) ** 2).mean())
    assert found["pearson"] == pytest.approx(pearsonr(label, prediction).statistic)
    assert found["spearman"] == pytest.approx(spearmanr(label, prediction).statistic)
    assert found["r2"] == pytest.approx(1 - found["mse"] / label.var(ddof=0))
    errors = table["ln_ic50"] - table["predicted_ln_ic50"]
    assert found["rmse_ln_ic50"] == pytest.approx(np.sqrt((errors**2).mean()))
    assert set(found) >= {key for row in SCORE_ROWS for key in (row.key, f"{row.key}_ci")}


def test_correlations_within_drugs_and_beyond_means(table: pd.DataFrame) -> None:
    found = score(table)
    columns = table[["label", "prediction"]]
    within = columns - columns.groupby(table["drug"]).transform("mean")
    assert found["pearson_within_drugs"] == pytest.approx(
        pearsonr(within["label"], within["prediction"]).statistic
    )
    beyond = columns.sub(table["mean_effects"], axis=0)
    assert found["pearson_beyond_means"] == pytest.approx(
        pearsonr(beyond["label"], beyond["prediction"]).statistic
    )


def test_a_drug_mean_says_nothing_within_drugs(table: pd.DataFrame) -> None:
    means = table.groupby("drug")["label"].transform("mean")
    found = score(table.assign(prediction=means, predicted_ln_ic50=0.0))
    assert found["pearson_within_drugs"] is None
    assert found["pearson"] > 0.7


def test_intervals_are_wider_where_lines_agree(table: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    shift = pd.Series(rng.normal(0, 0.05, 60), index=sorted(set(table["sample"])))
    by_line = table.assign(prediction=table["label"] + table["sample"].map(shift))
    shuffled = table.assign(
        prediction=table["label"] + rng.permutation(by_line["prediction"] - by_line["label"])
    )
    widths = [np.ptp(score(each)["mse_ci"]) for each in (by_line, shuffled)]
    assert widths[0] > 1.3 * widths[1]


def test_the_interval_of_the_mean_error(table: pd.DataFrame) -> None:
    """One pair for each group: the bootstrap is that of a mean."""
    alone = table.drop_duplicates("sample")
    squares = (alone["label"] - alone["prediction"]) ** 2
    low, high = score(alone)["mse_ci"]
    half = 1.96 * squares.std() / np.sqrt(len(alone))
    assert high - low == pytest.approx(2 * half, rel=0.15)
    assert low < squares.mean() < high


def test_an_area_has_no_ln_ic50(few: PairData) -> None:
    from dataclasses import replace

    from qkdrp.systems.pairs.config import DataConfig

    areas = replace(few, measure="auc")
    fitted = Preprocessor.fit(areas, DataConfig(measure="auc"))
    table = predictions_of(fitted, areas, "test", areas.value)
    assert "rmse_ln_ic50" not in score(table)
    np.testing.assert_array_equal(table["predicted_auc"], table["auc"])
