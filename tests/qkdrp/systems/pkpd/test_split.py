import numpy as np
import pytest

from qkdrp.common.errors import DataError
from qkdrp.systems.pkpd.data.trial import BIOMARKER, Trial
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.systems.pkpd.split import make_split, n_folds
from qkdrp.systems.pkpd.system import PkpdSystem


def test_the_split_of_team_pnu(estdata: Trial) -> None:
    split = make_split(estdata, DataConfig(split="seed42"), seed=0)
    assert split.validation.tolist() == ["16", "36", "46"]
    assert split.test.tolist() == ["19", "32", "48"]
    assert len(split.train) == 42
    for ids in (split.validation, split.test):
        part = estdata.select(ids)
        assert (part.n_observations("concentration"), part.n_observations(BIOMARKER)) == (72, 75)
    train = estdata.select(split.train)
    assert (train.n_observations("concentration"), train.n_observations(BIOMARKER)) == (720, 1050)


def test_scales_of_its_training_subjects(estdata: Trial) -> None:
    config = PkpdSystem.config_type(data=DataConfig(split="seed42"))
    train = estdata.select(make_split(estdata, config.data, 0).train)
    values = Preprocessor.fit(train, config, "standard").values
    assert float(values["concentration"].sd) == pytest.approx(2.658029, abs=5e-7)
    assert float(values[BIOMARKER].sd) == pytest.approx(3.256617, abs=5e-7)
    assert float(values["concentration"].mean) == pytest.approx(2.135524, abs=5e-7)
    assert float(values[BIOMARKER].mean) == pytest.approx(6.795135, abs=1e-6)


def test_folds_test_every_active_subject_once(estdata: Trial) -> None:
    assert n_folds(estdata) == 12
    splits = [make_split(estdata, DataConfig(fold=fold), 0) for fold in range(12)]
    assert splits[0].test.tolist() == ["13", "25", "37"]
    assert splits[0].validation.tolist() == ["14", "26", "38"]
    assert splits[11].test.tolist() == ["24", "36", "48"]
    assert splits[11].validation.tolist() == ["13", "25", "37"]
    tested = np.concatenate([split.test for split in splits])
    assert sorted(tested.tolist(), key=int) == [str(number) for number in range(13, 49)]
    placebo = {str(number) for number in range(1, 13)}
    assert all(placebo <= set(split.train.tolist()) for split in splits)
    with pytest.raises(DataError, match="--fold 12: the trial has 12 folds, 0 to 11"):
        make_split(estdata, DataConfig(fold=12), 0)


def test_levels_of_different_size(estdata: Trial) -> None:
    """A smaller level is tested in the first folds, and validates in all."""
    smaller = estdata.select([each for each in estdata.ids if each not in {"15", "16", "17"}])
    splits = [make_split(smaller, DataConfig(fold=fold), 0) for fold in range(12)]
    tested = np.concatenate([split.test for split in splits])
    assert len(tested) == len(set(tested.tolist())) == 33
    assert {len(split.validation) for split in splits} == {3}
    assert len(splits[11].test) == 2


def test_the_seed_draws_the_random_split(estdata: Trial) -> None:
    data = DataConfig(split="random")
    same, other = make_split(estdata, data, 1), make_split(estdata, data, 2)
    assert make_split(estdata, data, 1).test.tolist() == same.test.tolist()
    assert other.test.tolist() != same.test.tolist()


def test_a_dose_of_too_few_subjects_is_refused(estdata: Trial) -> None:
    few = estdata.select(["1", "2", "13", "14", "25", "26", "27"])
    with pytest.raises(DataError, match=r"2 subjects have the dose level 1 mg, expected at least"):
        make_split(few, DataConfig(), 0)
    with pytest.raises(DataError, match="no subject has a dose"):
        make_split(estdata.select(["1", "2", "3"]), DataConfig(), 0)
