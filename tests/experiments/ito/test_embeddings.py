import numpy as np
import pytest

from qkdrp.experiments.ito.embeddings import crowding


def test_a_scaled_embedding_keeps_its_shape(rng: np.random.Generator) -> None:
    phi = rng.normal(size=(100, 8))
    found = crowding(phi, phi / 8, r=10.0)
    assert (found.share, found.ks) == (0.0, 0.0)


def test_saturation_crowds_the_ends(rng: np.random.Generator) -> None:
    phi = 20 * rng.normal(size=(100, 8))
    tanh, moderated = (crowding(phi, np.pi / 2 * np.tanh(phi / a), np.pi / 2) for a in (1.0, 20.0))
    assert tanh.share == pytest.approx(np.mean(np.abs(phi) > np.arctanh(0.9)))
    assert tanh.share > 0.9 > 2 * moderated.share
    assert tanh.ks > 2 * moderated.ks
