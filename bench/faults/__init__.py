"""Break a running Sapa in every way we can think of, and count what became of each message."""
