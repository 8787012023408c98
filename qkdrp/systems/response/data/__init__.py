"""Cohorts of gene expression and drug response, and how they are loaded."""

from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.data.load import list_drugs, load_cohort

__all__ = ["Cohort", "list_drugs", "load_cohort"]
