"""The hybrid model: four parts in a row."""

import torch
from torch import nn


class HybridModel(nn.Module):
    """Encoder, normalisation, core and head; predicts the normalised label.

    Args:
        encoder: Genes to embedding phi, (batch, n_genes) to (batch, n_features).
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

    def forward(self, genes: torch.Tensor) -> torch.Tensor:
        """Return predictions, shape (batch,), of preprocessed genes, shape (batch, n_genes)."""
        prediction: torch.Tensor = self.head(self.core(self.normalisation(self.encoder(genes))))
        return prediction.squeeze(-1)

    @torch.inference_mode()
    def embed(self, genes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the embedding phi and the angles phi', each of shape (batch, n_features)."""
        self.eval()
        phi = self.encoder(genes)
        return phi, self.normalisation(phi)
