"""Studies of the system ``pairs``: is its hybrid network better than others, and where."""
