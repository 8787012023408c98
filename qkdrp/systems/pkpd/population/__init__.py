"""Population fits of the mechanistic model: parameters, variability, individuals."""
