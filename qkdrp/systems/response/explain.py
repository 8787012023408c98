"""The features of a model of the response: its genes, and a sample with the training means."""

import torch

from qkdrp.systems.response.preprocess import GeneTransform
from qkdrp.training.features import Features, column_features


def gene_features(transform: GeneTransform) -> Features:
    """Return the genes that a model reads; the reference is a sample of training means.

    Args:
        transform: The preprocessing of the model.
    """
    reference = torch.as_tensor((transform.fill - transform.mean) / transform.scale)
    genes = column_features([str(gene) for gene in transform.genes])
    return Features(genes, (reference.to(torch.float32)[None],), noun="gene")
