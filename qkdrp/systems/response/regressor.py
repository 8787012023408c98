"""The hybrid model as a scikit-learn regressor."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length

from qkdrp.backends import Backend
from qkdrp.common.settings import Settings
from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.config import FitConfig, ModelConfig
from qkdrp.systems.response.fit_task import RESPONDER, ResponseTask
from qkdrp.systems.response.recipes import build_model
from qkdrp.training.estimator import ModelRegressor
from qkdrp.training.estimator_rows import rows_of
from qkdrp.training.monitor import LOSS
from qkdrp.training.rows import Rows


class HybridRegressor(ModelRegressor):
    """Predicts the normalised drug response from preprocessed gene expression.

    It fits the labels that it is given; the paper's are ``LabelNormaliser``'s. Use
    :func:`~qkdrp.systems.response.preprocess.preprocessing` before it, in a pipeline. Rows to watch
    that have no responder flags, such as those that ``validation_fraction`` holds out, are watched
    by their loss.

    Example:
        >>> import numpy as np
        >>> from qkdrp import HybridRegressor
        >>> genes = np.random.default_rng(0).normal(size=(20, 5))
        >>> settings = {"n_qubits": 2, "backend": "statevector", "random_state": 0}
        >>> regressor = HybridRegressor(**settings, validation_fraction=0.2, epochs=2)
        >>> regressor.fit(genes, np.tanh(genes[:, 0])).predict(genes[:3]).shape
        (3,)

    Attributes:
        model_: The trained :class:`~qkdrp.nn.hybrid.HybridModel`.
        fit_: The course of the training, a :class:`~qkdrp.training.epoch.Fit`.
        n_features_in_: Number of genes.
        feature_names_in_: Names of the genes, where a table with names was given.
    """

    settings: ClassVar[Sequence[type[Settings]]] = (ModelConfig, FitConfig)
    model_: HybridModel

    def build(self, n_features: int, backend: Backend, seed: int) -> HybridModel:
        """Build a model with fresh weights."""
        return build_model(self.setting(ModelConfig), n_features, backend, seed)

    def task(self, watched: Rows | None, seed: int) -> ResponseTask:  # noqa: ARG002
        """Return the squared error, watched by what the settings name, or else by the loss."""
        flagged = watched is None or RESPONDER in watched.extra
        return ResponseTask(self.setting(FitConfig).monitor if flagged else LOSS)

    def watched_rows(self, validation: Sequence[Any]) -> Rows:
        """Return the rows that tell when to stop.

        Args:
            validation: Genes and labels, and the responder flags if the AUC is to be watched.
        """
        genes, label, *flags = validation
        X, y = self.checked(genes, label)
        check_consistent_length(X, *flags)
        extra = {RESPONDER: np.asarray(flags[0], dtype=bool)} if flags else {}
        return rows_of(X, y, extra)

    def embed(self, X: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # noqa: ANN401
        """Return embedding phi and angles phi', each of shape (n_samples, n1 * n2)."""
        genes = self.inputs(X)
        phi, angles = self.model_.embed(genes)
        return phi.numpy(), angles.numpy()
