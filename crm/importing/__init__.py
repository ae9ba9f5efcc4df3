"""Bring a shop's CSV files into the database: all of a file or nothing, as often as one likes."""
