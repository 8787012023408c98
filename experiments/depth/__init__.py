"""Studies of circuit depth on devices."""
