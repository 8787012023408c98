"""What is fitted on training pairs before a model is: features, and mean effects."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.brief import Brief
from qkdrp.common.errors import DataError
from qkdrp.common.shown import shown
from qkdrp.systems.pairs.config import DataConfig
from qkdrp.systems.pairs.data.pair_data import Lines, PairData
from qkdrp.systems.pairs.mean_effects import MeanEffects
from qkdrp.systems.pairs.new_pairs import NewPairs
from qkdrp.systems.pairs.target import LOWER, Target
from qkdrp.training.stored_state import State

RESAMPLED = {"lpo": "sample", "lco": "sample", "ldo": "drug", "lcdo": "drug", "lto": "tissue"}
"""What intervals are resampled by, by split: pairs that share one are not independent."""


@dataclass(frozen=True, eq=False, repr=False)
class FeatureTransform(Brief):
    """The features of cell lines as a model reads them, in the order of the training data.

    Args:
        names: Shape (n_features,).
        fill: Training means, in place of missing values, same shape.
        mean: Subtracted, same shape; 0 where features are not standardised.
        scale: Divided by, same shape; 1 where features are not standardised.
    """

    names: NDArray[np.str_]
    fill: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, lines: Lines, zscore: bool | None) -> Self:
        """Fit on training lines.

        Args:
            lines: The lines of training pairs, each once.
            zscore: Whether to standardise; None does so unless all values are 0 or 1.
        """
        values = lines.matrix.astype(np.float64)
        there = ~np.isnan(values)
        counts = there.sum(axis=0)
        if not counts.all():
            empty = lines.features[counts == 0][0]
            raise DataError(
                f"feature {shown(empty)} is blank for every training line; remove the column."
            )
        fill = np.where(there, values, 0.0).sum(axis=0) / counts
        filled = np.where(there, values, fill)
        binary = bool(np.isin(values[there], (0.0, 1.0)).all())
        if binary if zscore is None else not zscore:
            return cls(lines.features, fill, np.zeros_like(fill), np.ones_like(fill))
        spread = filled.std(axis=0)
        return cls(lines.features, fill, filled.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def shuffled(self, seed: int) -> Self:
        """Return the same features in another order.

        Args:
            seed: Of the order.
        """
        order = np.random.default_rng(seed).permutation(len(self.names))
        numbers = (part[order] for part in (self.fill, self.mean, self.scale))
        return type(self)(self.names[order], *numbers)

    def __call__(self, lines: Lines) -> NDArray[np.float32]:
        """Return the model's input, shape (n_lines, n_features), in the order of training.

        Raises:
            DataError: If a feature is missing.
        """
        position = {name: place for place, name in enumerate(lines.features.tolist())}
        missing = [name for name in self.names.tolist() if name not in position]
        if missing:
            raise DataError(
                f"{len(missing)} of the model's {len(self.names)} features are not in the data, "
                f"{shown(missing[0])} for one: add the columns."
            )
        columns = [position[name] for name in self.names.tolist()]
        values = lines.matrix[:, columns].astype(np.float64)
        values = np.where(np.isnan(values), self.fill, values)
        return ((values - self.mean) / self.scale).astype(np.float32)


@dataclass(frozen=True, eq=False, repr=False)
class Preprocessor(Brief):
    """Everything that is fitted on training pairs before the model is, and what the target is.

    Args:
        features: Of cell lines.
        effects: Mean effects of drugs and lines on the target.
        target: What models learn.
        atom_rows: ``"binary"`` or ``"normalised"``.
        resampled: What intervals of scores are resampled by: ``sample``, ``drug`` or ``tissue``.
    """

    features: FeatureTransform
    effects: MeanEffects
    target: Target
    atom_rows: str
    resampled: str

    @classmethod
    def fit(cls, train: PairData, data: DataConfig, seed: int = 0) -> Self:
        """Fit on training pairs.

        Args:
            train: The pairs.
            data: Says how features are treated, and what is learned.
            seed: Of the order of features, where it is shuffled.
        """
        features = FeatureTransform.fit(train.compact().lines, data.zscore)
        return cls(
            features.shuffled(seed) if data.shuffle_columns else features,
            MeanEffects.fit(train, data.target.of(train.value)),
            data.target,
            data.atom_rows,
            RESAMPLED[data.split],
        )

    def state(self) -> State:
        """Return all of it as plain numbers."""
        of_features = {name: getattr(self.features, name) for name in ("fill", "mean", "scale")}
        arrays = {f"features.{name}": each for name, each in of_features.items()}
        arrays |= {
            "effects.lines": self.effects.of_lines,
            "effects.drugs": self.effects.of_drugs,
            "effects.overall": np.array(self.effects.overall),
            "effects.tissues": self.effects.of_tissues,
        }
        details: dict[str, Any] = {
            "features": self.features.names.tolist(),
            "lines": self.effects.lines.tolist(),
            "drugs": self.effects.drugs.tolist(),
            "tissues": self.effects.tissues.tolist(),
            "measure": self.target.measure,
            "exponent": self.target.exponent,
            "direction": self.target.direction,
            "atom_rows": self.atom_rows,
            "resampled": self.resampled,
        }
        return State(arrays, {"pairs": details})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make a preprocessor again from its state.

        Raises:
            KeyError: If the state lacks something.
        """
        details, arrays = state.details["pairs"], state.arrays
        names = np.array(details["features"], dtype=np.str_)
        constants = (arrays[f"features.{name}"] for name in ("fill", "mean", "scale"))
        effects = MeanEffects(
            np.array(details["lines"], dtype=np.str_),
            np.array(details["drugs"], dtype=np.str_),
            arrays["effects.lines"],
            arrays["effects.drugs"],
            float(arrays["effects.overall"]),
            np.array(details.get("tissues", []), dtype=np.str_),  # earlier versions had none
            arrays.get("effects.tissues", np.zeros(0)),
        )
        return cls(
            FeatureTransform(names, *constants),
            effects,
            Target(details["measure"], details["exponent"], details.get("direction", LOWER)),
            details["atom_rows"],
            details["resampled"],
        )

    def label(self, pairs: PairData | NewPairs) -> NDArray[np.float64]:
        """Return the target of pairs, shape (n_pairs,)."""
        return self.target.of(pairs.value)
