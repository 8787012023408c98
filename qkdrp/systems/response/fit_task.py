"""How models of the response are trained: squared error, early stopping on a validation score."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from qkdrp.common.errors import ConfigError
from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.monitors import MEASURES, MONITORS
from qkdrp.training.centring import centre_head
from qkdrp.training.config import FitConfig
from qkdrp.training.rows import Rows
from qkdrp.training.task import OnPreparing, RegressionTask, untold

RESPONDER = "responder"
"""Name of the responder flags among the extra parts of rows."""


def response_rows(
    genes: torch.Tensor, label: torch.Tensor, responder: NDArray[np.bool_] | None = None
) -> Rows:
    """Return rows to train or validate on.

    Args:
        genes: Shape (n_samples, n_genes), float32.
        label: Normalised label, shape (n_samples,), float32.
        responder: Shape (n_samples,); None where no AUC is asked for.
    """
    extra: dict[str, NDArray[Any]] = {} if responder is None else {RESPONDER: responder}
    return Rows((genes,), label, extra)


class ResponseTask(RegressionTask):
    """Mean squared error of the normalised label, watched by the AUC of responders.

    Args:
        monitor: A key of :data:`~qkdrp.systems.response.monitors.MONITORS`.
    """

    def __init__(self, monitor: str = "auc") -> None:
        self.monitor = MONITORS[monitor]

    def before_training(
        self,
        model: nn.Module,
        train: Rows,
        config: FitConfig,
        told: OnPreparing = untold,  # noqa: ARG002
    ) -> None:
        """Centre a linear head, if that is asked for."""
        if config.centre_head and isinstance(model, HybridModel):
            centre_head(model, model.head, train)

    def measure(self, prediction: torch.Tensor, rows: Rows) -> Mapping[str, float]:
        """Return the scores of :data:`~qkdrp.systems.response.monitors.MEASURES`.

        The AUC is missing where rows have no responder flags.
        """
        label, flags = rows.target.numpy(), rows.extra.get(RESPONDER)
        found = {name: score(label, prediction.numpy(), flags) for name, score in MEASURES.items()}
        return {name: value for name, value in found.items() if value is not None}

    def check_validation(self, rows: Rows) -> None:
        """Refuse validation rows of one class.

        Raises:
            ConfigError: If responders or non-responders are missing.
        """
        if RESPONDER not in rows.extra:
            return
        flags = rows.extra[RESPONDER]
        n_responder = int(flags.sum())
        if n_responder in (0, len(flags)):
            raise ConfigError(
                f"Found {n_responder} responders among {len(flags)} validation "
                "samples, expected both classes: take another split."
            )
