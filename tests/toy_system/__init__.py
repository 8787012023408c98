"""A second system, as small as one can be: nothing outside this folder knows it."""
