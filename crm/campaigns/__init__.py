"""Messages that the shop sends first: what they say, to whom, and who had one."""
