"""Tickets as people work on them: their history, their SLA clocks, the board and the list."""
