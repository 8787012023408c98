"""The embedded cohort: made-up numbers with a known limit to what can be learned from them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qkdrp.systems.response.data.cohort import Cohort

DRUG = "synthetic"
"""The name of the made-up drug."""

N_SAMPLES, N_GENES, N_MODULES = 1000, 600, 30
"""Size of the cohort; genes of one module rise and fall together."""

N_ACTIVE_MODULES = 6
"""Modules that the response depends on."""

SIGNAL_SHARE = 0.35
"""Share of the variance of ln IC50 that expression explains: an AUC of about 0.8 at best."""

RESPONDER_SHARE = 0.1
"""Share of samples below the threshold of ln IC50."""

LN_IC50_MEAN, LN_IC50_SD = 2.0, 1.5
"""Of ln IC50 in micromolar, in the range of real drugs."""

MISSING_BATCH, MISSING_GENES = 0.1, 0.15
"""Shares of samples and genes of the block that was not measured."""

N_EXTERNAL = 200
"""Samples of the external cohort."""

PROVENANCE = "SYNTHETIC embedded cohort (made-up numbers; the best possible AUC is about 0.8)"
"""Where the numbers come from."""

Reals = NDArray[np.float64]

_SEED = 20250510


@dataclass(frozen=True, eq=False)
class _World:
    """What made-up samples are drawn from.

    Args:
        rng: Draws them.
        module: Module of each gene, shape (n_genes,).
        loading: How much of a gene its module is, shape (n_genes,).
        gene_mean: Shape (n_genes,).
        gene_sd: Shape (n_genes,).
    """

    rng: np.random.Generator
    module: NDArray[np.int64]
    loading: Reals
    gene_mean: Reals
    gene_sd: Reals

    def expression(self, activity: Reals) -> Reals:
        """Return expression of samples from the activity of modules in them."""
        own = np.sqrt(1 - self.loading**2) * self.rng.standard_normal((len(activity), N_GENES))
        return np.asarray(
            self.gene_mean + self.gene_sd * (self.loading * activity[:, self.module] + own)
        )

    def ln_ic50(self, signal: Reals) -> Reals:
        """Return ln IC50 of samples from the standardised signal, with noise."""
        noise = self.rng.standard_normal(len(signal))
        standard = np.sqrt(SIGNAL_SHARE) * signal + np.sqrt(1 - SIGNAL_SHARE) * noise
        return np.asarray(LN_IC50_MEAN + LN_IC50_SD * standard)


def synthetic_cohort() -> Cohort:
    """Return the embedded cohort, the same numbers every time.

    Correlated gene modules drive ln IC50 through a saturating sum of a few module activities,
    plus noise; a block of values is missing, as when a batch was measured on a smaller array.
    """
    return synthetic_with_signal()[0]


def synthetic_with_signal() -> tuple[Cohort, np.ndarray]:
    """Return the embedded cohort and its noise-free ln IC50, shape (n_samples,)."""
    cohort, signal, _ = _made()
    return cohort, signal


def synthetic_external() -> Cohort:
    """Return new samples of the embedded cohort's world, measured on another platform.

    Each gene has another mean and spread there; the response is what it would have been here.
    """
    return _made()[2]


@lru_cache(maxsize=1)
def _made() -> tuple[Cohort, Reals, Cohort]:
    """Draw the embedded cohort, its noise-free ln IC50, and the external cohort."""
    rng = np.random.default_rng(_SEED)
    activity = rng.standard_normal((N_SAMPLES, N_MODULES))
    module = rng.integers(N_MODULES, size=N_GENES)
    loading = rng.uniform(0.4, 0.9, N_GENES)
    own = np.sqrt(1 - loading**2) * rng.standard_normal((N_SAMPLES, N_GENES))
    gene_mean, gene_sd = rng.uniform(3.0, 10.0, N_GENES), rng.uniform(0.2, 1.5, N_GENES)
    expression = gene_mean + gene_sd * (loading * activity[:, module] + own)

    effect = rng.choice([-1.0, 1.0], N_ACTIVE_MODULES)
    raw = np.tanh(activity[:, :N_ACTIVE_MODULES]) @ effect
    signal = (raw - raw.mean()) / raw.std()
    world = _World(rng, module, loading, gene_mean, gene_sd)
    ln_ic50 = world.ln_ic50(signal)

    batch = rng.random(N_SAMPLES) < MISSING_BATCH
    unmeasured = rng.random(N_GENES) < MISSING_GENES
    expression[np.ix_(batch, unmeasured)] = np.nan
    threshold = float(np.quantile(ln_ic50, RESPONDER_SHARE))
    cohort = _cohort("S", expression, ln_ic50, threshold, PROVENANCE)

    activity = rng.standard_normal((N_EXTERNAL, N_MODULES))
    signal_there = np.tanh(activity[:, :N_ACTIVE_MODULES]) @ effect
    there = world.expression(activity)
    there = rng.normal(1.0, 1.0, N_GENES) + rng.uniform(0.5, 1.0, N_GENES) * there
    external = _cohort(
        "E",
        there,
        world.ln_ic50((signal_there - raw.mean()) / raw.std()),
        threshold,
        "SYNTHETIC external cohort (made-up numbers, as if of another platform)",
    )
    return cohort, LN_IC50_MEAN + LN_IC50_SD * np.sqrt(SIGNAL_SHARE) * signal, external


def _cohort(
    letter: str, expression: Reals, ln_ic50: Reals, threshold: float, provenance: str
) -> Cohort:
    """Return samples whose ids begin with a letter."""
    return Cohort(
        drug=DRUG,
        samples=np.array([f"{letter}{index:04d}" for index in range(len(ln_ic50))]),
        genes=np.array([f"G{index:03d}" for index in range(N_GENES)]),
        expression=expression.astype(np.float32),
        ln_ic50=ln_ic50,
        responder=ln_ic50 <= threshold,
        standardised=False,
        synthetic=True,
        provenance=provenance,
    )
