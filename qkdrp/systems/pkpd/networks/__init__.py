"""Networks on features: dense layers, mixtures of experts, and circuits in their place."""
