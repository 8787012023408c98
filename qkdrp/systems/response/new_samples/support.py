"""How the system ``response`` predicts for samples that no run has seen."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.new_samples.alignment import align, choose_alignment, gene_shift
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
from qkdrp.systems.response.new_samples.samples import Samples, load_samples, samples_of_frame
from qkdrp.systems.response.new_samples.scale import refuse_other_scale
from qkdrp.systems.response.new_samples.shift import gene_shift_record, model_shift
from qkdrp.systems.response.new_samples.table import forecast
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.training.new_sample_settings import NewSampleSettings, OutcomeSettings
from qkdrp.training.new_samples import Matched, Member, NewSamples, Picture
from qkdrp.training.run_config import DataSettings
from qkdrp.training.stored_state import State
from qkdrp.training.trained import Trained


class ResponseNewSamples(NewSamples[Samples]):
    """Gene expression of new samples, matched by gene names and aligned as a cohort."""

    score_names: ClassVar[Mapping[str, str]] = SCORE_NAMES
    digits: ClassVar[Mapping[str, int]] = MappingProxyType({"percentile": 0})

    def load(self, source: str, data: DataSettings, settings: NewSampleSettings) -> Samples:  # noqa: ARG002
        """Load expression from a folder or a table."""
        return load_samples(source, settings.decimal)

    def from_frame(self, frame: pd.DataFrame) -> Samples:
        """Take expression from a table in memory."""
        return samples_of_frame(frame)

    def match(
        self,
        trained: Trained[Any, Preprocessor],
        dataset: Samples,
        settings: NewSampleSettings,
        reference: State | None,
    ) -> Matched[Samples]:
        """Find genes by name, refuse another scale, align, and measure the shift."""
        model, transform = trained.model, trained.preprocessor.transform
        assert isinstance(model, HybridModel)
        known = gene_reference(transform, reference)
        values, genes = match_genes(transform.genes, model.encoder, dataset, settings.min_inputs)
        refuse_other_scale(values, known, transform.genes, dataset.provenance)
        shift = gene_shift(values, known)
        name, why = choose_alignment(settings.align, len(dataset), shift)
        aligned = Samples(
            samples=dataset.samples,
            genes=transform.genes,
            expression=align(values, known, name).astype(np.float32),
            provenance=dataset.provenance,
            synthetic=dataset.synthetic,
        )
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

    def reference(self, trained: Trained[Any, Any], train: Cohort) -> State:
        """Return how the training samples are distributed."""
        return reference_state(trained, train)

    def target(self, metrics: Mapping[str, Any]) -> str:
        """Return the drug."""
        return str(metrics["drug"])

    def table(
        self, ids: NDArray[np.str_], members: Mapping[str, Sequence[Member]], coverage: float
    ) -> pd.DataFrame:
        """Return ln IC50 with intervals; of several drugs, ranked for each sample."""
        forecasts = {drug: forecast(each) for drug, each in members.items()}
        if len(forecasts) > 1:
            return rank_drugs(ids, forecasts, coverage)
        (only,) = forecasts.values()
        table = only.table(coverage)
        table.insert(0, "sample", ids)
        return table

    def summary(self, table: pd.DataFrame, coverage: float) -> list[str]:
        """Return what the columns mean, and what is blank or unbounded."""
        bounds = table[["ln_ic50_low", "ln_ic50_high"]]
        lines = []
        if bounds.isna().any(axis=None):
            lines.append(
                "no bounds: the runs have no validation rows, nor folds of a cross-validation "
                "(--final --folds 5), whose residuals give them"
            )
        elif np.isinf(bounds).any(axis=None):
            lines.append(
                f"inf: unbounded at {coverage:.0%}, for which there are too few validation rows"
            )
        beyond = int((table["label"].abs() >= 1).sum())
        if beyond:
            lines.append(
                f"{beyond} predicted labels are at or beyond +-1, where the tanh has no inverse: "
                "their ln IC50 is that of the outermost training sample"
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
