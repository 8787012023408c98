"""Subjects as padded features of their observations."""

import numpy as np
import torch

from qkdrp.systems.pkpd.data.padded import padded
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial
from qkdrp.systems.pkpd.preprocess import Preprocessor
from qkdrp.training.rows import Rows


def feature_rows_of(preprocessor: Preprocessor, trial: Trial, every_slot: bool = False) -> Rows:
    """Return scaled features of all slots, and what is learned.

    Args:
        preprocessor: Of the model.
        trial: The subjects.
        every_slot: Whether padded slots are to be computed, too.

    Returns:
        Rows whose inputs are those of :meth:`~.regressor.Regressor.forward`; features are float32,
        0 where padded. The target has shape (n_subjects, n_slots), float32.
    """
    drug = _padded(preprocessor, trial, CONCENTRATION, CONCENTRATION)
    marker = _padded(preprocessor, trial, BIOMARKER, BIOMARKER)
    drug_at_marker = _padded(preprocessor, trial, CONCENTRATION, BIOMARKER)
    treated = torch.tensor([len(each.doses) > 0 for each in trial.subjects])
    tensors = padded(trial)
    present = torch.cat([tensors.concentration.present, tensors.biomarker.present], dim=1)
    inputs = (drug, marker, drug_at_marker, treated.bool(), present | every_slot)
    return Rows(inputs, preprocessor.label(trial).float())


def _padded(preprocessor: Preprocessor, trial: Trial, of: str, at: str) -> torch.Tensor:
    """Return the features of an endpoint at the times of an endpoint."""
    n_slots = max([0, *(len(each.observations[at]) for each in trial.subjects)])
    names = preprocessor.feature_names(of)
    table = np.zeros((len(trial), n_slots, len(names)), dtype=np.float32)
    for row, subject in zip(table, trial.subjects, strict=True):
        times = subject.observations[at].times
        found = preprocessor.features_of(subject, of, times)
        row[: len(found)] = preprocessor.features[of](found)
    return torch.from_numpy(table)
