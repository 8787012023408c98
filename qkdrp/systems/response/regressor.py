"""The hybrid model as a scikit-learn regressor."""

from collections.abc import Callable
from numbers import Integral
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from qkdrp.backends import Backend, get_backend
from qkdrp.common.seeds import derive_seed
from qkdrp.nn.hybrid import HybridModel
from qkdrp.systems.response.config import PAPER_A, PAPER_R, ModelConfig
from qkdrp.systems.response.fit_task import ResponseTask
from qkdrp.systems.response.recipes import build_model
from qkdrp.systems.response.rows import as_rows, as_tensor
from qkdrp.training.checkpoint import Checkpoint
from qkdrp.training.config import FitConfig
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.loop import fit_model, predict

Validation = tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]
"""Genes, labels and responder flags of validation rows."""


class HybridRegressor(RegressorMixin, BaseEstimator):
    """Predicts the normalised drug response from preprocessed gene expression.

    It fits the labels that it is given; the paper's are ``LabelNormaliser``'s. Use
    :func:`~qkdrp.systems.response.preprocess.preprocessing` before it, in a pipeline.

    Args:
        model: A key of :data:`~qkdrp.systems.response.models.MODELS`.
        n_qubits: Number of qubits (n1).
        n_encoding: Number of encoding layers (n2).
        n_variational: Number of variational layers in each block (n3).
        measurement: ``"multi"`` or ``"single"``.
        entangler: ``"ring"``, ``"linear"`` or ``"brick"``.
        absorb_tail: Whether the last CNOTs are moved into the observables.
        a: Input scale of the moderated tanh.
        r: Output range of the moderated tanh, radians; text such as ``"pi/2"``, too.
        learn_a_r: Whether a and r are trained.
        epochs: Largest number of epochs.
        batch_size: Samples in a batch.
        lr: Learning rate of Adam.
        patience: Epochs without a better validation AUC before stopping; 0 never stops.
        centre_head: Whether the head's bias starts where the mean prediction is the mean label.
        backend: Name of a backend, or a backend.
        random_state: Seed or generator of initial weights and shuffling.

    Attributes:
        model_: The trained :class:`~qkdrp.nn.hybrid.HybridModel`.
        fit_: The course of the training, a :class:`~qkdrp.training.epoch.Fit`.
        n_features_in_: Number of genes.
    """

    def __init__(
        self,
        *,
        model: str = "moderated",
        n_qubits: int = 4,
        n_encoding: int = 2,
        n_variational: int = 1,
        measurement: str = "multi",
        entangler: str = "ring",
        absorb_tail: bool = False,
        a: float = PAPER_A,
        r: float | str = PAPER_R,
        learn_a_r: bool = False,
        epochs: int = 100,
        batch_size: int = 128,
        lr: float = 1e-4,
        patience: int = 3,
        centre_head: bool = True,
        backend: str | Backend = "aer_exact",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.model = model
        self.n_qubits = n_qubits
        self.n_encoding = n_encoding
        self.n_variational = n_variational
        self.measurement = measurement
        self.entangler = entangler
        self.absorb_tail = absorb_tail
        self.a = a
        self.r = r
        self.learn_a_r = learn_a_r
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.patience = patience
        self.centre_head = centre_head
        self.backend = backend
        self.random_state = random_state

    def fit(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        *,
        validation: Validation | None = None,
        on_epoch: Callable[[Epoch], None] = lambda _: None,
        keep_interrupted: bool = False,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Train the model.

        Args:
            X: Preprocessed expression, shape (n_samples, n_genes).
            y: Normalised label, shape (n_samples,).
            validation: Genes, labels and responder flags that decide when to stop; without them
                all epochs are trained.
            on_epoch: Called after every epoch.
            keep_interrupted: Whether Ctrl-C ends training early with the best epoch so far,
                rather than raise.
            checkpoint: Where the training is saved now and then, and from where it goes on.

        Raises:
            ConfigError: If a setting is outside its range or settings do not fit together.
            BackendError: If the backend is unknown.
            ValueError: If X or y are not finite numbers of fitting shapes.
        """
        settings = self.get_params(deep=False)
        model_config = ModelConfig.make(**ModelConfig.pick(settings))
        fit_config = FitConfig.make(**FitConfig.pick(settings))
        X, y = validate_data(self, X, y, dtype=np.float32, y_numeric=True, ensure_min_samples=2)

        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = int(check_random_state(seed).randint(2**31))
        self.model_ = build_model(
            model_config, X.shape[1], self._open_backend(), derive_seed(int(seed), "weights")
        )
        rows = as_rows(X, y)
        watched = None
        if validation is not None:
            genes, label, responder = validation
            genes, label = validate_data(
                self, genes, label, dtype=np.float32, y_numeric=True, reset=False
            )
            check_consistent_length(genes, responder)
            watched = as_rows(genes, label, np.asarray(responder, dtype=bool))
        self.fit_: Fit = fit_model(
            self.model_,
            rows,
            watched,
            fit_config,
            derive_seed(int(seed), "shuffle"),
            task=ResponseTask(),
            on_epoch=on_epoch,
            keep_interrupted=keep_interrupted,
            checkpoint=checkpoint,
        )
        return self

    def predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return predicted labels, shape (n_samples,)."""
        genes = self._genes(X)
        return predict(self.model_, genes).numpy().astype(np.float64)

    def embed(self, X: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return embedding phi and angles phi', each of shape (n_samples, n1 * n2)."""
        genes = self._genes(X)
        phi, angles = self.model_.embed(genes)
        return phi.numpy(), angles.numpy()

    def restore(self, model: HybridModel, n_genes: int) -> Self:
        """Take over a trained model."""
        self.model_ = model
        self.n_features_in_ = n_genes
        return self

    def _genes(self, X: NDArray[Any]) -> torch.Tensor:
        check_is_fitted(self, "model_")
        return as_tensor(validate_data(self, X, dtype=np.float32, reset=False))

    def _open_backend(self) -> Backend:
        return get_backend(self.backend) if isinstance(self.backend, str) else self.backend
