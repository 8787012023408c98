"""New drugs and cell lines: reading, placing among training ones, predicting and ranking them."""
