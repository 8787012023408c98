"""The hybrid model: encoder, normalisation, core and head, one after the other."""

from collections.abc import Mapping

import torch
from torch import nn

from qkdrp.nn.trace import trace_of


class HybridModel(nn.Module):
    """Encoder, normalisation, core and head; predicts one number per row.

    Args:
        encoder: Inputs to embedding phi, (batch, n_inputs) to (batch, n_features).
        normalisation: Embedding to angles phi', same shape.
        core: Angles to what the head reads, (batch, n_features) to (batch, n_outputs).
        head: To predictions, (batch, n_outputs) to (batch, 1).
    """

    def __init__(
        self, encoder: nn.Module, normalisation: nn.Module, core: nn.Module, head: nn.Module
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.normalisation = normalisation
        self.core = core
        self.head = head

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return predictions, shape (batch,), of inputs, shape (batch, n_inputs)."""
        prediction: torch.Tensor = self.head(self.core(self.normalisation(self.encoder(inputs))))
        return prediction.squeeze(-1)

    @torch.inference_mode()
    def embed(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the embedding phi and the angles phi', each of shape (batch, n_features)."""
        self.eval()
        phi = self.encoder(inputs)
        return phi, self.normalisation(phi)

    def trace(self) -> Mapping[str, float]:
        """Return the values of the normalisation to record, such as a and r."""
        return trace_of(self.normalisation)
