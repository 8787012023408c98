"""The systems: what each learns from, what it trains, how it is scored."""
