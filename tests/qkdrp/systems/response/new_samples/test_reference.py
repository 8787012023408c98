import numpy as np

from qkdrp.systems.response.new_samples.reference import N_QUANTILES, gene_quantiles


def test_quantiles_are_those_of_numpy(rng: np.random.Generator) -> None:
    values = rng.normal(size=(50, 6))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[1:, 5] = np.nan
    values[0, 5] = 2.0
    expected = np.nanquantile(values, np.linspace(0, 1, N_QUANTILES), axis=0).T
    np.testing.assert_allclose(gene_quantiles(values), expected)
