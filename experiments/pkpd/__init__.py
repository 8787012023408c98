"""Studies of the system pkpd."""
