"""How an answer is found in the knowledge base."""
