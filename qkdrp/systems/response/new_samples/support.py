"""How the system ``response`` predicts for samples that no run has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.common.errors import ConfigError, DataError
from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.config import DataConfig, TrainConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.new_samples.alignment import align, choose_alignment, gene_shift
from qkdrp.systems.response.new_samples.as_trained import as_trained
from qkdrp.systems.response.new_samples.genes import match_genes
from qkdrp.systems.response.new_samples.outcomes import (
    SCORE_NAMES,
    load_outcomes,
    score_outcomes,
)
from qkdrp.systems.response.new_samples.ranking import rank_drugs
from qkdrp.systems.response.new_samples.reference import (
    embedding_reference,
    gene_reference,
    reference_state,
)
from qkdrp.systems.response.new_samples.samples import Samples, load_samples, samples_of_frames
from qkdrp.systems.response.new_samples.scale import refuse_other_scale
from qkdrp.systems.response.new_samples.settings import ResponseSampleSettings
from qkdrp.systems.response.new_samples.shift import gene_shift_record, model_shift
from qkdrp.systems.response.new_samples.table import (
    HIGH,
    LOW,
    forecast,
    measure_column,
    measure_title,
    value_of,
)
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.training.new_sample_settings import OutcomeSettings
from qkdrp.training.new_samples import Matched, Member, NewSamples
from qkdrp.training.picture import Picture
from qkdrp.training.stored_state import State
from qkdrp.training.trained import Trained

INSIDE = 1 - 1e-6
"""Size of a label that is still taken back through the tanh when predictions are compared."""


class ResponseNewSamples(NewSamples[Samples, ResponseSampleSettings]):
    """Gene expression of new samples, matched by gene names and aligned as a cohort."""

    score_names: ClassVar[Mapping[str, str]] = SCORE_NAMES
    digits: ClassVar[Mapping[str, int]] = MappingProxyType({"percentile": 0})

    def load(
        self,
        source: str | None,
        data: DataConfig,  # noqa: ARG002  # read when samples are matched
        settings: ResponseSampleSettings,
        reference: State | None,  # noqa: ARG002  # no sample is among those of the training
    ) -> Samples:
        """Load expression from a folder or a table."""
        if source is None:
            raise DataError("no samples given, expected a table of expression: give it as --data.")
        return load_samples(source, settings.decimal)

    def from_frames(
        self,
        frames: Mapping[str, pd.DataFrame],
        data: DataConfig,
        settings: ResponseSampleSettings,  # noqa: ARG002  # a table in memory holds numbers
        reference: State | None,  # noqa: ARG002
    ) -> Samples:
        """Take expression from a table in memory, and what describes samples from a second one."""
        return samples_of_frames(frames, data)

    def match(
        self,
        trained: Trained[Any, Preprocessor],
        dataset: Samples,
        settings: ResponseSampleSettings,
        reference: State | None,
    ) -> Matched[Samples]:
        """Find genes by name, refuse another scale, align, and measure the shift."""
        dataset = as_trained(dataset, trained.config.data)
        model, transform = trained.model, trained.preprocessor.transform
        assert isinstance(model, HybridModel)
        known = gene_reference(transform, reference)
        values, genes = match_genes(transform.genes, model.encoder, dataset, settings.min_inputs)
        refuse_other_scale(values, known, transform.genes, dataset.provenance)
        shift = gene_shift(values, known)
        name, why = choose_alignment(settings.align, len(dataset), shift)
        expression = align(values, known, name).astype(np.float32)
        aligned = replace(dataset, genes=transform.genes, expression=expression)
        lines = [genes.line, f"align    {name}: {why}"]
        warnings = list[str]()
        record: dict[str, Any] = genes.record() | {"align": name, "align_why": why}
        record["genes"] = gene_shift_record(values, known, shift)
        embedding = embedding_reference(reference)
        if embedding is None:
            warnings.append(
                "the run kept nothing of its training samples, as earlier versions did: how far "
                "these samples are from them is unknown; give --train-data"
            )
        else:
            found = model_shift(model, transform(aligned), embedding)
            lines += found.lines()
            warnings += found.warnings()
            record["embedding"] = found.record(dataset.samples)
        return Matched(aligned, lines, warnings, record)

    def reference(self, trained: Trained[Any, Any], dataset: Cohort) -> State:
        """Return how the training samples are distributed."""
        return reference_state(trained, dataset.select(trained.split.train))

    def target(self, metrics: Mapping[str, Any]) -> str:
        """Return the drug."""
        return str(metrics["drug"])

    def check_together(self, configs: Sequence[TrainConfig]) -> None:
        """Refuse runs of different measures."""
        measures = dict.fromkeys(config.data.measured for config in configs)
        if len(measures) > 1:
            first, second = list(measures)[:2]
            raise ConfigError(
                f"The runs learned different measures, {first.column} ({first.transform}, "
                f"{first.direction}) and {second.column} ({second.transform}, {second.direction}): "
                "give runs of one measure."
            )

    def comparable(
        self,
        trained: Trained[Any, Preprocessor],
        dataset: Samples,
        values: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return labels; of a run that leaves means of kinds out, the measure's scale with them."""
        fitted = trained.preprocessor
        if fitted.kinds is None:
            return values
        inside = np.clip(values, -INSIDE, INSIDE)
        return value_of(fitted.labels, inside) + fitted.expected(dataset)

    def table(
        self,
        ids: NDArray[np.str_],
        members: Mapping[str, Sequence[Member]],
        settings: ResponseSampleSettings,
    ) -> pd.DataFrame:
        """Return the measure with intervals; of several drugs, ranked for each sample."""
        forecasts = {drug: forecast(each) for drug, each in members.items()}
        if len(forecasts) > 1:
            return rank_drugs(ids, forecasts, settings.coverage)
        (only,) = forecasts.values()
        table = only.table(settings.coverage)
        table.insert(0, "sample", ids)
        return table

    def summary(self, table: pd.DataFrame, settings: ResponseSampleSettings) -> list[str]:
        """Return what the columns mean, and what is blank or unbounded."""
        name = measure_column(table)
        bounds = table[[f"{name}{LOW}", f"{name}{HIGH}"]]
        lines = []
        if bounds.isna().any(axis=None):
            lines.append(
                "no bounds: the runs have no validation rows, nor folds of a cross-validation "
                "(--final --folds 5), whose residuals give them"
            )
        elif not np.isfinite(bounds).all(axis=None):
            lines.append(
                f"inf: unbounded at {settings.coverage:.0%}, for which there are too few "
                "validation rows"
            )
        beyond = int((table["label"].abs() >= 1).sum())
        if beyond:
            lines.append(
                f"{beyond} predicted labels are at or beyond +-1, where the tanh has no inverse: "
                f"their {measure_title(name)} is that of the outermost training sample"
            )
        if table["label"].isna().any():
            lines.append(f"{table['label'].isna().sum()} predictions are no finite numbers: blank")
        return lines

    def pictures(self, table: pd.DataFrame, record: Mapping[str, Any]) -> list[Picture]:
        """Return intervals or ranks, and the shift of the cohort."""
        from qkdrp.systems.response.new_samples.pictures import pictures_of  # matplotlib is slow

        return pictures_of(table, record)

    def outcomes(
        self, source: str, target: str, settings: OutcomeSettings, decimal: str | None
    ) -> pd.DataFrame:
        """Return responders and a measure of a drug."""
        return load_outcomes(source, target, settings.measure, settings.direction, decimal)

    def score(self, values: NDArray[np.float64], outcomes: pd.DataFrame) -> dict[str, Any]:
        """Return AUC, AUPR and rank correlation."""
        return score_outcomes(values, outcomes)
