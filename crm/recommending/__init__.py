"""Which product fits what somebody has bought, learned from the shop's own orders."""
