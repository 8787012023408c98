"""The study pkpd-noise: errors and doses of models with circuits under noise."""
