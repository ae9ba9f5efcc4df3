"""What a customer finds without talking to anybody: the knowledge base as pages of the web."""
