"""System ``response`` (Ito et al. 2025): gene expression against the response to one drug."""
