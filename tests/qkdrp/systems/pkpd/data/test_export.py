"""What is exported is read back as it was."""

import numpy as np
import pandas as pd
import pytest

from qkdrp.systems.pkpd.data.export import long_table, write_trial
from qkdrp.systems.pkpd.data.load import EMBEDDED_FILE, load_trial
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.predictions import predictions_of
from tests.qkdrp.systems.pkpd.conftest import OTHER_UNITS, Write, other_trial
from tests.qkdrp.systems.pkpd.test_scores import fitted


def test_the_embedded_trial_is_the_published_table(estdata: Trial) -> None:
    published = pd.read_csv(EMBEDDED_FILE, dtype={"ID": str})
    found = long_table(estdata)
    assert set(found.columns) == set(published.columns)
    pd.testing.assert_frame_equal(
        found[published.columns], published, check_dtype=False, check_exact=True
    )


def test_values_below_quantification_and_units(write: Write) -> None:
    path = write(other_trial(np.random.default_rng(5)), {"units": OTHER_UNITS})
    trial = load_trial(str(path))
    folder = path.with_name("exported")
    folder.mkdir()
    write_trial(folder, trial)
    again = load_trial(str(folder))
    assert again.digest() == trial.digest()
    assert again.has_below
    assert again.units.biomarker == "U/L"


def test_predictions_stand_beside_observations(estdata: Trial) -> None:
    preprocessor = fitted(estdata, "log")
    label = preprocessor.label(estdata).numpy()
    predictions = predictions_of(preprocessor, estdata, "test", np.stack([label, label], axis=2))
    table = long_table(estdata, predictions)
    observed = table[table["EVID"] == 0]
    assert len(table) == 2820
    assert observed["PRED"].to_numpy() == pytest.approx(observed["DV"].to_numpy())
    assert observed["IPRED"].to_numpy() == pytest.approx(observed["DV"].to_numpy())
    assert table.loc[table["EVID"] == 1, ["PRED", "IPRED"]].isna().all(axis=None)
