"""What a supervisor looks at: the desk now, what came of contacts, how satisfied people are."""
