"""What we know of a customer, since when and where from, and what they agreed to."""
