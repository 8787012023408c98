"""Tables of users: reading them, and refusing those that are ambiguous or damaged."""
