"""The base class of scikit-learn regressors: parameters, fit, predict, save and load."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from qkdrp.backends import Backend, get_backend
from qkdrp.common.errors import ConfigError, DataError
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
from qkdrp.training.loop import fit_model, predict
from qkdrp.training.rows import Rows, as_tensor
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
    the settings, then :data:`OWN_PARAMETERS`.

    Attributes:
        model_: The trained torch model.
        fit_: The course of the training, a :class:`~qkdrp.training.epoch.Fit`.
        n_features_in_: Number of columns.
        feature_names_in_: Names of the columns, where a table with names was given.
    """

    settings: ClassVar[Sequence[type[Settings]]] = (FitConfig,)
    """Settings whose fields are parameters; one is a :class:`FitConfig`."""

    model_: nn.Module
    fit_: Fit
    n_features_in_: int

    def __init_subclass__(cls, **rest: Any) -> None:  # noqa: ANN401
        """Give a subclass with settings of its own the parameters that they make."""
        super().__init_subclass__(**rest)
        if "settings" in vars(cls):
            parameters = parameters_of(cls.settings, OWN_PARAMETERS)
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

    def task(self, watched: Rows | None) -> FitTask:  # noqa: ARG002
        """Return loss and scores.

        Args:
            watched: Rows that tell when to stop; None for none.
        """
        return RegressionTask()

    def watched_rows(self, validation: Sequence[Any]) -> Rows:
        """Return the rows that tell when to stop.

        Args:
            validation: What :meth:`fit` was given: X and y.
        """
        X, y = validation
        return rows_of(*self.checked(X, y))

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
        X, y = validate_data(self, X, y, dtype=np.float32, y_numeric=True, ensure_min_samples=2)
        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = int(check_random_state(seed).randint(2**31))
        model = self.build(X.shape[1], self._open_backend(), derive_seed(int(seed), "weights"))
        train, watched = rows_of(X, y), None
        if validation is not None:
            watched = self.watched_rows(validation)
        elif held_out := self._held_out(X, groups, derive_seed(int(seed), "validation")):
            train, watched = (rows_of(X[rows], y[rows]) for rows in held_out)
        self.fit_ = fit_model(
            model,
            train,
            watched,
            self.setting(FitConfig),
            derive_seed(int(seed), "shuffle"),
            task=self.task(watched),
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
        X = self._columns_of_the_fit(X)
        return as_tensor(validate_data(self, X, dtype=np.float32, reset=False))

    def checked(self, X: Any, y: Any) -> tuple[NDArray[Any], NDArray[Any]]:  # noqa: ANN401
        """Return rows with as many columns as those of the fit, as arrays."""
        X, y = validate_data(
            self,
            self._columns_of_the_fit(X),
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
        regressor.model_ = regressor.build(stored.n_features, regressor._open_backend(), seed=0)
        stored.give_weights(regressor.model_, Path(path))
        return regressor

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:  # as scikit-learn calls it
        """Return the parameters that are not the default, and what was trained."""
        shown: str = super().__repr__(N_CHAR_MAX)
        if not hasattr(self, "model_"):
            return shown
        n_parameters = sum(each.numel() for each in self.model_.parameters() if each.requires_grad)
        return (
            f"{shown}, trained: {self.n_features_in_} columns, {n_parameters:,} parameters, "
            f"epoch {self.fit_.best_epoch} of {len(self.fit_.epochs)}"
        )

    # --- helpers

    def _open_backend(self) -> Backend:
        return get_backend(self.backend) if isinstance(self.backend, str) else self.backend

    def _held_out(
        self, X: NDArray[Any], groups: ArrayLike | None, seed: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Return the numbers of the rows to fit and to watch; None where none are held out."""
        share = self.validation_fraction
        if not 0 <= share < 1:
            raise ConfigError(
                f"validation_fraction = {share!r}: expected a share from 0 to below 1."
            )
        if not share:
            return None
        if groups is None:
            splitter = ShuffleSplit(n_splits=1, test_size=share, random_state=seed)
        else:
            check_consistent_length(X, groups)
            splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
        fitted, watched = next(splitter.split(X, groups=groups))
        return np.sort(fitted), np.sort(watched)

    def _columns_of_the_fit(self, X: Any) -> Any:  # noqa: ANN401  # an array or a table
        """Return the columns of a table by the names of the fit; arrays as they are."""
        names = getattr(self, "feature_names_in_", None)
        if names is None or not isinstance(X, pd.DataFrame):
            return X
        there = X.columns.value_counts()
        missing = [name for name in names if name not in there]
        if missing:
            raise DataError(
                f"{len(missing)} of the {len(names)} columns that the model was trained on are "
                f"missing, {missing[0]!r} for one: give a table that has them all."
            )
        twice = [name for name in names if there[name] > 1]
        if twice:
            raise DataError(f"column {twice[0]!r} is there {there[twice[0]]} times, expected once.")
        return X[list(names)]


def rows_of(
    X: NDArray[Any], y: NDArray[Any], extra: Mapping[str, NDArray[Any]] | None = None
) -> Rows:
    """Return arrays as rows to train on.

    Args:
        X: Shape (n_samples, n_features).
        y: Shape (n_samples,).
        extra: What only scores read, by name.
    """
    return Rows((as_tensor(X),), as_tensor(y), dict(extra or {}))
