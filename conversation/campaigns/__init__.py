"""Send a campaign to whoever agreed, no faster and no later than is polite, and to nobody twice."""
