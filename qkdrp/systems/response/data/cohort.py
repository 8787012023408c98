"""The cohort: what every loader gives and everything after it takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.response.measures import LN_IC50, Measure

OPTIONAL = ("groups", "kinds", "parts")
"""Arrays of one text for each sample that a cohort may have or not."""


@dataclass(frozen=True, eq=False, repr=False)
class Cohort(Brief):
    """Gene expression and response to one drug of the same samples, in the same order.

    Args:
        drug: Name of the drug.
        samples: Sample ids, shape (n_samples,).
        genes: Gene names, shape (n_genes,).
        expression: Shape (n_samples, n_genes), float32; NaN where missing.
        ln_ic50: What models learn, shape (n_samples,), float64, low for sensitive samples: the
            natural logarithm of the IC50 in micromolar, or another measure on the scale of
            :meth:`~qkdrp.systems.response.measures.Measure.to_scale`.
        responder: True for sensitive samples, shape (n_samples,).
        standardised: Whether the genes come standardised, so that no z-score is due.
        synthetic: Whether the numbers are made up.
        provenance: Where the numbers come from, in one line.
        measure: What was measured.
        groups: Samples of the same one stay in one part of a split, shape (n_samples,).
        kinds: Kind of each sample, whose mean a residual leaves out, shape (n_samples,).
        parts: Part of the user's own split that each sample is in, shape (n_samples,); blank for
            none.
        notes: What the user should look at, a line each.
    """

    drug: str
    samples: NDArray[np.str_]
    genes: NDArray[np.str_]
    expression: NDArray[np.float32]
    ln_ic50: NDArray[np.float64]
    responder: NDArray[np.bool_]
    standardised: bool
    synthetic: bool
    provenance: str
    measure: Measure = LN_IC50
    groups: NDArray[np.str_] | None = None
    kinds: NDArray[np.str_] | None = None
    parts: NDArray[np.str_] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the arrays fit together."""
        n_samples, n_genes = self.expression.shape
        for name, found, expected in (
            ("samples", len(self.samples), n_samples),
            ("genes", len(self.genes), n_genes),
            ("ln_ic50", len(self.ln_ic50), n_samples),
            ("responder", len(self.responder), n_samples),
            *((name, len(each), n_samples) for name, each in self._optional().items()),
        ):
            if found != expected:
                raise DataError(
                    f"{name} has {found} entries, expected {expected} to fit expression of shape "
                    f"({n_samples}, {n_genes})."
                )

        for name in ("samples", "genes"):
            names, counts = np.unique(getattr(self, name), return_counts=True)
            if (counts > 1).any():
                raise DataError(
                    f"{name} holds {shown(names[counts > 1][0])} twice; keep one of each."
                )
        if np.isinf(self.expression).any() or not np.isfinite(self.ln_ic50).all():
            raise DataError(
                f"expression or {self.measure.column} holds a value that is not finite."
            )

    @property
    def ids(self) -> NDArray[np.str_]:
        """Sample ids, by the name that all data sets have for theirs."""
        return self.samples

    @property
    def measured(self) -> NDArray[np.float64]:
        """The measure in the user's unit, shape (n_samples,)."""
        return self.measure.from_scale(self.ln_ic50)

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.samples)

    def select(self, samples: Sequence[str] | NDArray[np.str_]) -> "Cohort":
        """Return the cohort of the given sample ids, in their order.

        Raises:
            DataError: If an id is not in the cohort.
        """
        position = {sample: index for index, sample in enumerate(self.samples.tolist())}
        missing = [sample for sample in samples if sample not in position]
        if missing:
            raise DataError(
                f"{len(missing)} samples are not in the data, {shown(missing[0])} for one: "
                "give the data that the split was made from."
            )
        rows = [position[sample] for sample in samples]
        optional: dict[str, Any] = {name: each[rows] for name, each in self._optional().items()}
        return replace(
            self,
            samples=self.samples[rows],
            expression=self.expression[rows],
            ln_ic50=self.ln_ic50[rows],
            responder=self.responder[rows],
            **optional,
        )

    def digest(self) -> str:
        """Return a SHA-256 of the numbers and ids, to tell whether data are still the same."""
        content = sha256()
        for array in (self.samples, self.genes, self.expression, self.ln_ic50, self.responder):
            content.update(np.ascontiguousarray(array).tobytes())
        if self.measure != LN_IC50:
            kind = self.measure
            content.update(f"{kind.column} {kind.direction} {kind.transform}".encode())
        for name, array in self._optional().items():
            content.update(name.encode() + np.ascontiguousarray(array).tobytes())
        return content.hexdigest()

    def _optional(self) -> dict[str, NDArray[Any]]:
        """Return those of :data:`OPTIONAL` that are there, by name."""
        found = {name: getattr(self, name) for name in OPTIONAL}
        return {name: array for name, array in found.items() if array is not None}
