"""Into which groups a customer falls, and why; never a reason to refuse service."""
