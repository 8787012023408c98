"""The hybrid model and its parts."""

from qkdrp.model.encoder import encoder
from qkdrp.model.hybrid import HybridModel
from qkdrp.model.normalisation import NORMALISATIONS, ModeratedTanh
from qkdrp.model.recipes import MODELS, build_model, pqc_of, recipe_of, spec_of

__all__ = [
    "MODELS",
    "NORMALISATIONS",
    "HybridModel",
    "ModeratedTanh",
    "build_model",
    "encoder",
    "pqc_of",
    "recipe_of",
    "spec_of",
]
