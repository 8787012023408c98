"""Predicting rows of a data set with a model of any system."""

from typing import Any

import numpy as np
from torch import nn

from qkdrp.training.loop import predict
from qkdrp.training.stored_state import Preprocessor
from qkdrp.training.system import AnySystem, Values


def predict_rows(
    system: AnySystem,
    preprocessor: Preprocessor,
    model: nn.Module,
    dataset: Any,  # noqa: ANN401  # the system's own
) -> Values:
    """Return the model's prediction of every row, shape (n_rows,) or (n_rows, n_outputs).

    Args:
        system: Whose model it is.
        preprocessor: Of the model.
        model: The trained model.
        dataset: The rows.
    """
    inputs, _ = system.rows(preprocessor, dataset).batch(slice(None))
    return np.asarray(predict(model, *inputs).numpy(), dtype=np.float64)
