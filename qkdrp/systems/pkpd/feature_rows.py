"""Subjects as padded features of their observations."""

import numpy as np
import torch

from qkdrp.systems.pkpd.data.trial import ENDPOINTS, Trial
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.rows import Rows


def feature_rows_of(preprocessor: Preprocessor, trial: Trial) -> Rows:
    """Return scaled features of all slots, and what is learned.

    Returns:
        Rows whose inputs are the features of concentrations and of the biomarker, each of shape
        (n_subjects, n_slots, n_features), float32, 0 where padded; the target has shape
        (n_subjects, n_slots), float32.
    """
    inputs = tuple(_padded(preprocessor, trial, endpoint) for endpoint in ENDPOINTS)
    return Rows(inputs, preprocessor.label(trial).float())


def _padded(preprocessor: Preprocessor, trial: Trial, endpoint: str) -> torch.Tensor:
    n_slots = max([0, *(len(each.observations[endpoint]) for each in trial.subjects)])
    names = preprocessor.feature_names(endpoint)
    table = np.zeros((len(trial), n_slots, len(names)), dtype=np.float32)
    for row, subject in zip(table, trial.subjects, strict=True):
        found = preprocessor.features_of(subject, endpoint)
        row[: len(found)] = preprocessor.features[endpoint](found)
    return torch.from_numpy(table)
