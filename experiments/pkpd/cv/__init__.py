"""The study pkpd-cv: one subject of each dose is left out, fold by fold."""
