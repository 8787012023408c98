"""Cohorts, labels, preprocessing and splits."""

from qkdrp.data.cohort import Cohort
from qkdrp.data.labels import LabelNormaliser
from qkdrp.data.load import list_drugs, load_cohort
from qkdrp.data.preprocess import GeneTransform, Preprocessor, preprocessing
from qkdrp.data.split import Split, make_split

__all__ = [
    "Cohort",
    "GeneTransform",
    "LabelNormaliser",
    "Preprocessor",
    "Split",
    "list_drugs",
    "load_cohort",
    "make_split",
    "preprocessing",
]
