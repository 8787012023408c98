"""What every room may use and that uses no room: errors, whole files, digests."""
