"""The study of external cohorts: models and alignments on samples of other origin."""
