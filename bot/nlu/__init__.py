"""What reads a customer's message inside Rasa: language, words, embedding, intent, patterns."""
