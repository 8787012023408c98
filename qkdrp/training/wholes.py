"""Things of several parts that a prediction is explained by, such as a molecule with its atoms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from qkdrp.training.features import Features


@dataclass(frozen=True, eq=False)
class Whole:
    """One thing of several parts, in rows of which each holds it.

    Args:
        name: What tables call it, each once.
        title: What texts call it.
        parts: One row per part, as tables show them, such as number and symbol of an atom.
        features: One for each part, in their order, and the reference of the model's inputs.
        inputs: Of the model row by row, each of shape (n_rows, ...).
        row_model: Makes of a model one that takes these inputs.
        draw: Draws values of the parts, shape (n_parts,); gives the content of files by their
            ending, ``png`` among them. None where there is nothing to draw.
        noun: What one part is called.
    """

    name: str
    title: str
    parts: pd.DataFrame
    features: Features
    inputs: tuple[torch.Tensor, ...]
    row_model: Callable[[nn.Module], nn.Module]
    draw: Callable[[NDArray[np.float64]], Mapping[str, bytes]] | None = field(
        default=None, repr=False
    )
    noun: str = "part"
