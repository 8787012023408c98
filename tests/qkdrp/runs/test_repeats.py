import numpy as np
import pandas as pd
import pytest
from scipy import stats

from qkdrp.cli.noise_report import repeats_line
from qkdrp.common.intervals import REAL_LINE
from qkdrp.runs.repeats import mean_with_interval, summarise_repeats
from qkdrp.systems.response.system import ResponseSystem

RESPONSE = ResponseSystem()


def test_the_interval_is_students() -> None:
    values = [0.2, 0.5, 0.3, 0.7]
    found = mean_with_interval(values, REAL_LINE)
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert found["ci"] == pytest.approx(expected)
    assert (found["mean"], found["sd"]) == pytest.approx((np.mean(values), np.std(values, ddof=1)))


def table(prediction: list[float]) -> pd.DataFrame:
    label = [-0.5, 0.1, 0.2, 0.4]
    responder = [True, False, False, False]
    return pd.DataFrame(
        {"part": "test", "label": label, "responder": responder, "prediction": prediction}
    )


def test_scores_and_predictions_are_summarised() -> None:
    summary, frame = summarise_repeats(
        RESPONSE, [table([-1, 0, 0.1, 0.2]), table([0.05, 0, 0.1, 0.2])]
    )
    assert summary["n"] == 2
    assert summary["auc"]["mean"] == pytest.approx((1 + 2 / 3) / 2)
    assert frame["prediction_mean"].tolist() == pytest.approx([-0.475, 0, 0.1, 0.2])
    assert frame["prediction_sd"].tolist()[1:] == [0, 0, 0]
    assert frame["prediction"].tolist() == [-1, 0, 0.1, 0.2]


def test_scores_that_a_repeat_lacks_are_left_out() -> None:
    summary, _ = summarise_repeats(RESPONSE, [table([0.1] * 4), table([-1, 0, 0.1, 0.2])])
    assert "spearman" not in summary
    assert "mse" in summary


def test_intervals_stay_in_the_range_of_their_score() -> None:
    tables = [table([-1, 0, 0.1, 0.2]), table([0.2, 0.1, 0, -1]), table([0.05, 0, 0.1, 0.2])]
    summary, _ = summarise_repeats(RESPONSE, tables)
    assert summary["auc"]["ci"] == (0.0, 1.0)
    assert summary["spearman"]["ci"] == (-1.0, 1.0)
    assert summary["pearson"]["ci"] == (-1.0, 1.0)
    assert summary["mse"]["ci"][0] == 0.0


def test_two_repeats_have_no_interval_and_say_so() -> None:
    summary, _ = summarise_repeats(RESPONSE, [table([-1, 0, 0.1, 0.2]), table([0.05, 0, 0.1, 0.2])])
    assert summary["auc"]["ci"] is None
    line = repeats_line(summary)
    assert "auc 0.8333, sd 0.2357;" in line
    assert line.endswith("; fewer than 3 repeats, or equal values, give no interval")
