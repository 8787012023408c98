"""Which circuits a device can hold: transpiled, weighed, and held against rules."""
