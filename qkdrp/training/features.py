"""What the inputs of a model are called by its users: named groups of columns of tensors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from qkdrp.training.rows import Rows


@dataclass(frozen=True)
class Feature:
    """Columns of one input that belong together, such as a gene or a set of genes.

    Args:
        name: What tables call it.
        columns: Positions along the second dimension of the tensor.
        tensor: Which of the model's inputs holds it.
        along: Other inputs that belong to it as a whole, such as the number of a molecule to its
            atoms; they are permuted with it.
    """

    name: str
    columns: tuple[int, ...]
    tensor: int = 0
    along: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class RowView:
    """A model and its inputs row by row, where batches of it share what several rows have.

    Args:
        inputs: Each of shape (n_rows, ...).
        model: Makes of a model one that takes these inputs.
    """

    inputs: tuple[torch.Tensor, ...]
    model: Callable[[nn.Module], nn.Module]


@dataclass(frozen=True, eq=False)
class Features:
    """All features of a model, and the inputs of a row that has nothing special.

    Args:
        named: The features; each name once.
        reference: One such row, a tensor of shape (1, ...) for each input of the model: integrated
            gradients tell what each feature adds on the way from it to a row.
        noun: What one is called in texts, such as gene.
        view: The model row by row; None where its own inputs are row by row.

    Raises:
        ValueError: If a name is there twice, or a feature is of no input.
    """

    named: tuple[Feature, ...]
    reference: tuple[torch.Tensor, ...]
    noun: str = "feature"
    view: RowView | None = None

    def __post_init__(self) -> None:
        """Check names and tensors."""
        names = [feature.name for feature in self.named]
        if len(set(names)) != len(names):
            raise ValueError("Found a name of a feature twice, expected each once.")
        used = [number for each in self.named for number in (each.tensor, *each.along)]
        if not all(0 <= number < len(self.reference) for number in used):
            raise ValueError(f"Found a feature of no input, expected {len(self.reference)} inputs.")

    @property
    def names(self) -> list[str]:
        """Names in their order."""
        return [feature.name for feature in self.named]


def column_features(names: Sequence[str], tensor: int = 0) -> tuple[Feature, ...]:
    """Return one feature for each column of an input.

    Args:
        names: Of the columns, in their order.
        tensor: Which of the model's inputs.
    """
    return tuple(Feature(name, (column,), tensor) for column, name in enumerate(names))


def numbered_features(rows: Rows) -> Features:
    """Return features of a model that nobody named: ``x0[3]`` is column 3 of input 0.

    The reference is zero everywhere. Inputs without columns are one feature each.

    Args:
        rows: Any rows of the model.
    """
    inputs, _ = rows.batch(slice(None))
    named = list[Feature]()
    for number, tensor in enumerate(inputs):
        n_columns = tensor.shape[1] if tensor.ndim > 1 else 0
        names = [f"x{number}[{column}]" for column in range(n_columns)]
        named += column_features(names, number) if names else [Feature(f"x{number}", (), number)]
    return Features(tuple(named), tuple(torch.zeros_like(tensor[:1]) for tensor in inputs))
