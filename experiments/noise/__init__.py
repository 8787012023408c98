"""The study of noise: scores of models under noise, and the best a and r at each level."""
