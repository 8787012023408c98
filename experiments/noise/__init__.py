"""The study of noise: what it does to models of different a and r, and whether the best move."""
