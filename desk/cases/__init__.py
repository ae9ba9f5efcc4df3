"""The case in hand: tickets, the screen pop, scripts, replies and what a CSR can do in place."""
