"""The base class of scikit-learn regressors: parameters, fit, predict, save and load."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from numbers import Integral
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from qkdrp.backends import Backend, get_backend
from qkdrp.common.seeds import derive_seed
from qkdrp.common.settings import Settings
from qkdrp.training.checkpoint import Checkpoint
from qkdrp.training.config import FitConfig
from qkdrp.training.epoch import Epoch, Fit
from qkdrp.training.estimator_file import StoredEstimator
from qkdrp.training.estimator_parameters import (
    EstimatorParameter,
    Parameters,
    constructor_of,
    documented,
    parameters_of,
)
from qkdrp.training.estimator_rows import columns_of_the_fit, held_out_of, rows_of, taken
from qkdrp.training.loop import fit_model, predict
from qkdrp.training.rows import Rows, as_tensor
from qkdrp.training.stored_state import State
from qkdrp.training.task import FitTask, RegressionTask

SettingsT = TypeVar("SettingsT", bound=Settings)

OWN_PARAMETERS: Parameters = MappingProxyType(
    {
        "validation_fraction": EstimatorParameter(
            0.0,
            "Share of the rows that are held out of the fit to tell the best epoch and when to "
            "stop; 0 for none.",
        ),
        "backend": EstimatorParameter("aer_exact", "Name of a backend, or a backend."),
        "random_state": EstimatorParameter(
            None, "Seed or generator of initial weights, shuffling and the rows held out."
        ),
    }
)
"""Parameters that every regressor has beside its settings."""


class ModelRegressor(RegressorMixin, BaseEstimator):
    """A scikit-learn regressor around the fit loop; the base class of those of systems.

    A subclass names its settings and says how its model is built. Its parameters are the fields of
    the settings, then :data:`OWN_PARAMETERS` and :attr:`more`.

    Attributes:
        model_: The trained torch model.
        fit_: The course of the training, a :class:`~qkdrp.training.epoch.Fit`.
        n_features_in_: Number of columns.
        feature_names_in_: Names of the columns, where a table with names was given.
    """

    settings: ClassVar[Sequence[type[Settings]]] = (FitConfig,)
    """Settings whose fields are parameters; one is a :class:`FitConfig`."""

    more: ClassVar[Parameters] = MappingProxyType({})
    """Further parameters, such as tables, which files keep as :meth:`state`; or other defaults."""

    model_: nn.Module
    fit_: Fit
    n_features_in_: int

    def __init_subclass__(cls, **rest: Any) -> None:  # noqa: ANN401
        """Give a subclass with settings of its own the parameters that they make."""
        super().__init_subclass__(**rest)
        if "settings" in vars(cls):
            parameters = parameters_of(cls.settings, {**OWN_PARAMETERS, **cls.more})
            cls.__init__ = constructor_of(parameters)  # type: ignore[method-assign]
            cls.__doc__ = documented(cls.__doc__ or "", parameters)

    def __init__(self, **_settings: Any) -> None:  # noqa: ANN401  # see __init_subclass__
        raise TypeError("ModelRegressor has no model of its own: use a subclass.")

    # --- what a subclass brings

    @abstractmethod
    def build(self, n_features: int, backend: Backend, seed: int) -> nn.Module:
        """Build a model with fresh weights.

        Args:
            n_features: Number of columns.
            backend: Where circuits run.
            seed: Of the initial weights.
        """

    def task(self, watched: Rows | None, seed: int) -> FitTask:  # noqa: ARG002
        """Return loss and scores.

        Args:
            watched: Rows that tell when to stop; None for none.
            seed: Of what the task draws at random.
        """
        return RegressionTask()

    def checked_fit(self, X: Any, y: Any) -> tuple[Any, NDArray[Any]]:  # noqa: ANN401
        """Return valid rows to fit, of which single ones can be taken, and note their columns."""
        X, y = validate_data(self, X, y, dtype=np.float32, y_numeric=True, ensure_min_samples=2)
        return X, y

    def prepare(self, X: Any, y: NDArray[Any], seed: int) -> None:  # noqa: ANN401
        """Fit what comes before the model, such as means, on the rows that are fitted.

        Args:
            X: Rows of :meth:`checked_fit`.
            y: Shape (n_samples,).
            seed: Of what is drawn at random.
        """

    def rows(self, X: Any, y: NDArray[Any]) -> Rows:  # noqa: ANN401
        """Return valid rows as tensors."""
        return rows_of(X, y)

    def watched_rows(self, validation: Sequence[Any]) -> Rows:
        """Return the rows that tell when to stop.

        Args:
            validation: What :meth:`fit` was given: X and y.
        """
        X, y = validation
        return self.rows(*self.checked(X, y))

    def state(self) -> State | None:
        """Return what :meth:`prepare` fitted, as plain numbers; None for nothing."""
        return None

    def restore(self, state: State) -> None:
        """Take what :meth:`state` returned."""

    # --- what it gets for it

    def fit(
        self,
        X: Any,  # noqa: ANN401  # an array or a table
        y: Any,  # noqa: ANN401
        *,
        validation: Sequence[Any] | None = None,
        groups: ArrayLike | None = None,
        on_epoch: Callable[[Epoch], None] = lambda _: None,
        keep_interrupted: bool = False,
        checkpoint: Checkpoint | None = None,
    ) -> Self:
        """Train the model.

        Args:
            X: Shape (n_samples, n_features).
            y: Shape (n_samples,).
            validation: Rows that tell when to stop, in place of those that
                ``validation_fraction`` holds out; without either all epochs are trained.
            groups: Group of each row, shape (n_samples,); none is on both sides where rows are
                held out.
            on_epoch: Called after every epoch.
            keep_interrupted: Whether Ctrl-C ends training early with the best epoch so far,
                rather than raise.
            checkpoint: Where the training is saved now and then, and from where it goes on.

        Raises:
            ConfigError: If a setting is outside its range or settings do not fit together.
            BackendError: If the backend is unknown.
            ValueError: If X or y are not finite numbers of fitting shapes.
        """
        for kind in self.settings:
            self.setting(kind)
        X, y = self.checked_fit(X, y)
        seeds, held_out = self._seeds(), None
        if validation is None:
            held_out = held_out_of(X, groups, self.validation_fraction, seeds("validation"))
        to_fit, label = (X, y) if held_out is None else taken(X, y, held_out[0])
        self.prepare(to_fit, label, seeds("columns"))
        model = self.build(X.shape[1], self._open_backend(), seeds("weights"))
        watched = None
        if validation is not None:
            watched = self.watched_rows(validation)
        elif held_out is not None:
            watched = self.rows(*taken(X, y, held_out[1]))
        self.fit_ = fit_model(
            model,
            self.rows(to_fit, label),
            watched,
            self.setting(FitConfig),
            seeds("shuffle"),
            task=self.task(watched, seeds("dropout")),
            on_epoch=on_epoch,
            keep_interrupted=keep_interrupted,
            checkpoint=checkpoint,
        )
        self.model_ = model
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:  # noqa: ANN401  # an array or a table
        """Return predictions, shape (n_samples,).

        Args:
            X: Shape (n_samples, n_features). Columns of a table are found by their names, where
                the model was trained on a table; other columns do not matter.

        Raises:
            DataError: If a column is missing, or there twice.
            ValueError: If X has another number of columns, or not finite numbers.
        """
        inputs = self.inputs(X)
        return predict(self.model_, inputs).numpy().astype(np.float64)

    def inputs(self, X: Any) -> torch.Tensor:  # noqa: ANN401  # an array or a table
        """Return checked columns in the order of the fit, shape (n_samples, n_features)."""
        check_is_fitted(self, "model_")
        X = columns_of_the_fit(X, getattr(self, "feature_names_in_", None))
        return as_tensor(validate_data(self, X, dtype=np.float32, reset=False))

    def checked(self, X: Any, y: Any) -> tuple[Any, NDArray[Any]]:  # noqa: ANN401
        """Return rows with as many columns as those of the fit, as arrays."""
        X, y = validate_data(
            self,
            columns_of_the_fit(X, getattr(self, "feature_names_in_", None)),
            y,
            dtype=np.float32,
            y_numeric=True,
            reset=False,
        )
        return X, y

    def setting(self, kind: type[SettingsT]) -> SettingsT:
        """Return the parameters that are settings of a kind, validated.

        Raises:
            ConfigError: If one is outside its range.
        """
        own = next(each for each in self.settings if issubclass(each, kind))
        found: SettingsT = own.among(self.get_params(deep=False))
        return found

    # --- files

    def save(self, path: Path | str, *, overwrite: bool = False) -> None:
        """Write the trained regressor: weights and JSON in one safetensors file, no pickles.

        A backend is kept by its name, and a seed that is a generator is not kept.

        Args:
            path: The file.
            overwrite: Whether a file that is there may be replaced.

        Raises:
            RunError: If there is a file already.
        """
        check_is_fitted(self, "model_")
        parameters: dict[str, Any] = {}
        for kind in self.settings:
            parameters |= self.setting(kind).model_dump(mode="json")
        backend, seed = self.backend, self.random_state
        parameters |= {
            "validation_fraction": float(self.validation_fraction),
            "backend": backend if isinstance(backend, str) else backend.name,
            "random_state": int(seed) if isinstance(seed, Integral) else None,
        }
        names = getattr(self, "feature_names_in_", None)
        StoredEstimator(
            estimator=type(self).__name__,
            parameters=parameters,
            n_features=self.n_features_in_,
            feature_names=None if names is None else names.tolist(),
            fit=self.fit_,
            weights=self.model_.state_dict(),
            state=self.state(),
        ).save(Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: Path | str, backend: str | Backend | None = None) -> Self:
        """Read what :meth:`save` wrote; the regressor is fitted.

        Args:
            path: The file.
            backend: Where circuits run; the one that it was trained on where left out.

        Raises:
            RunError: If the file is missing, damaged, or of another regressor.
        """
        stored = StoredEstimator.load(Path(path), cls.__name__)
        regressor = cls(**stored.parameters)
        if backend is not None:
            regressor.backend = backend
        regressor.n_features_in_, regressor.fit_ = stored.n_features, stored.fit
        if stored.feature_names is not None:
            regressor.feature_names_in_ = np.array(stored.feature_names, dtype=object)
        if stored.state is not None:
            regressor.restore(stored.state)
        regressor.model_ = regressor.build(stored.n_features, regressor._open_backend(), seed=0)
        stored.give_weights(regressor.model_, Path(path))
        return regressor

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:  # as scikit-learn calls it
        """Return the settings that are not the default, and what was trained."""
        bare = copy(self)
        for name in set(self.more) - set(OWN_PARAMETERS):  # tables are too long to be shown
            setattr(bare, name, self.more[name].default)
        shown: str = super(ModelRegressor, bare).__repr__(N_CHAR_MAX)
        if not hasattr(self, "model_"):
            return shown
        n_parameters = sum(each.numel() for each in self.model_.parameters() if each.requires_grad)
        return (
            f"{shown}, trained: {self.n_features_in_} columns, {n_parameters:,} parameters, "
            f"epoch {self.fit_.best_epoch} of {len(self.fit_.epochs)}"
        )

    # --- helpers

    def _seeds(self) -> Callable[[str], int]:
        """Return what gives a seed for each use."""
        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(2**31)
        return partial(derive_seed, int(seed))

    def _open_backend(self) -> Backend:
        return get_backend(self.backend) if isinstance(self.backend, str) else self.backend
