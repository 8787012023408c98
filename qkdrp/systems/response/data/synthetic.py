"""The embedded cohort: made-up numbers with a known limit to what can be learned from them."""

import numpy as np

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

_SEED = 20250510


def synthetic_cohort() -> Cohort:
    """Return the embedded cohort, the same numbers every time.

    Correlated gene modules drive ln IC50 through a saturating sum of a few module activities,
    plus noise; a block of values is missing, as when a batch was measured on a smaller array.
    """
    cohort, _ = synthetic_with_signal()
    return cohort


def synthetic_with_signal() -> tuple[Cohort, np.ndarray]:
    """Return the embedded cohort and its noise-free ln IC50, shape (n_samples,)."""
    rng = np.random.default_rng(_SEED)
    activity = rng.standard_normal((N_SAMPLES, N_MODULES))
    module = rng.integers(N_MODULES, size=N_GENES)
    loading = rng.uniform(0.4, 0.9, N_GENES)
    own = np.sqrt(1 - loading**2) * rng.standard_normal((N_SAMPLES, N_GENES))
    gene_mean, gene_sd = rng.uniform(3.0, 10.0, N_GENES), rng.uniform(0.2, 1.5, N_GENES)
    expression = gene_mean + gene_sd * (loading * activity[:, module] + own)

    effect = rng.choice([-1.0, 1.0], N_ACTIVE_MODULES)
    signal = np.tanh(activity[:, :N_ACTIVE_MODULES]) @ effect
    signal = (signal - signal.mean()) / signal.std()
    noise = rng.standard_normal(N_SAMPLES)
    standard = np.sqrt(SIGNAL_SHARE) * signal + np.sqrt(1 - SIGNAL_SHARE) * noise
    ln_ic50 = LN_IC50_MEAN + LN_IC50_SD * standard

    batch = rng.random(N_SAMPLES) < MISSING_BATCH
    unmeasured = rng.random(N_GENES) < MISSING_GENES
    expression[np.ix_(batch, unmeasured)] = np.nan

    cohort = Cohort(
        drug=DRUG,
        samples=np.array([f"S{index:04d}" for index in range(N_SAMPLES)]),
        genes=np.array([f"G{index:03d}" for index in range(N_GENES)]),
        expression=expression.astype(np.float32),
        ln_ic50=ln_ic50,
        responder=ln_ic50 <= np.quantile(ln_ic50, RESPONDER_SHARE),
        standardised=False,
        synthetic=True,
        provenance=(
            "SYNTHETIC embedded cohort (made-up numbers; the best possible AUC is about 0.8)"
        ),
    )
    return cohort, LN_IC50_MEAN + LN_IC50_SD * np.sqrt(SIGNAL_SHARE) * signal
