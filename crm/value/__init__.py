"""What a customer brings and costs, what may come, and what they will need next."""
