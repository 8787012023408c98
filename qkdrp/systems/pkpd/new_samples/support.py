"""How the system ``pkpd`` predicts for subjects that no run has seen."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.common.names import listed
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.data_settings import DataConfig
from qkdrp.systems.pkpd.new_samples.form import load_in_form, with_form
from qkdrp.systems.pkpd.new_samples.ranges import Ranges
from qkdrp.systems.pkpd.new_samples.table import prediction_table
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.new_sample_settings import NewSampleSettings
from qkdrp.training.new_samples import Matched, Member, NewSamples
from qkdrp.training.stored_state import State
from qkdrp.training.trained import Trained


class PkpdNewSamples(NewSamples[Trial, NewSampleSettings]):
    """New subjects with doses, at the times of the rows of their observations."""

    rows: ClassVar[str] = "new subjects"
    bounds_hold: ClassVar[str] = "subjects, doses and times are like those of the trial"
    texts: ClassVar[tuple[str, ...]] = ("ID",)
    unprinted: ClassVar[tuple[str, ...]] = ("EVID", "MDV", "CMT", "CENS", "LLOQ", "DOSE")
    digits: ClassVar[Mapping[str, int]] = MappingProxyType({"DV": 3, "PRED": 3, "IPRED": 3})

    def load(
        self,
        source: str | None,
        data: DataConfig,  # noqa: ARG002  # of the run
        settings: NewSampleSettings,  # noqa: ARG002
        reference: State | None,
    ) -> Trial:
        """Read subjects; rows of observations need no values.

        Raises:
            ConfigError: If no source is given.
            DataError: If it cannot be read.
        """
        if source is None:
            raise ConfigError("give --data a table with the doses and times of the subjects.")
        return load_in_form(source, reference, measured=False)

    def from_frames(
        self,
        frames: Mapping[str, pd.DataFrame],  # noqa: ARG002
        data: DataConfig,  # noqa: ARG002
        settings: NewSampleSettings,  # noqa: ARG002
        reference: State | None,  # noqa: ARG002
    ) -> Trial:
        """Refuse tables in memory: their units are told by a file.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError(
            "runs of the system pkpd predict for tables in files: units and columns are told by "
            "trial.json beside them."
        )

    def match(
        self,
        trained: Trained[PkpdConfig, Preprocessor],
        dataset: Trial,
        settings: NewSampleSettings,  # noqa: ARG002  # nothing is adapted
        reference: State | None,
    ) -> Matched[Trial]:
        """Check covariates, and count what lies outside the training.

        Raises:
            DataError: If a covariate of the model is missing.
        """
        covariates = trained.preprocessor.covariates
        missing = [name for name in covariates if name not in dataset.covariates]
        if missing:
            raise DataError(
                f"{dataset.provenance}: the covariates {listed(missing)} of the model are missing; "
                f"found {listed(dataset.covariates) or 'none'}."
            )
        outside = (
            {} if reference is None else Ranges.from_state(reference).outside(dataset, covariates)
        )
        warnings = list(dataset.notes)
        if outside:
            counts = listed(f"{name} ({count})" for name, count in outside.items())
            warnings.append(
                f"observations outside the range of the training: {counts}; models extrapolate "
                "there, and one on features without a mechanism is of no use"
            )
        unknown = [each.id for each in dataset.subjects if not np.isfinite(each.baseline)]
        if trained.preprocessor.baseline and unknown:
            warnings.append(
                f"no biomarker before the first dose of {listed(unknown)}: the typical baseline of "
                "the training stands in for PD0"
            )
        return Matched(dataset, (), warnings, {"outside_training": outside})

    def reference(self, trained: Trained[Any, Any], dataset: Trial) -> State:
        """Return the ranges of features of training subjects, and the form of the table."""
        return with_form(Ranges.of(dataset.select(trained.split.train)).state(), dataset)

    def target(self, metrics: Mapping[str, Any]) -> str:
        """Return what every run predicts: the courses of its trial."""
        return f"courses of {metrics['data']}"

    def table(
        self,
        ids: NDArray[np.str_],  # noqa: ARG002  # rows are of subjects
        members: Mapping[str, Sequence[Member]],
        settings: NewSampleSettings,
    ) -> pd.DataFrame:
        """Return doses and observations with predictions.

        Raises:
            ConfigError: If runs are of several trials.
        """
        if len(members) > 1:
            raise ConfigError(
                f"found runs of {len(members)} trials, {listed(members)}; give runs of one."
            )
        (runs,) = members.values()
        return prediction_table(runs, settings.coverage)

    def summary(self, table: pd.DataFrame, settings: NewSampleSettings) -> list[str]:
        """Return where bounds are infinite, and what helps."""
        if not np.isinf(table["PRED_high"].to_numpy(np.float64)).any():
            return []
        return [
            f"inf: unbounded at {settings.coverage:.0%}, as too few subjects were left out of the "
            "training; n of them bound n/(n+1) at most, so --coverage 0.8 takes four"
        ]
