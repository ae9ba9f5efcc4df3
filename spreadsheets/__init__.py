"""CSV files as people's spreadsheets write and read them."""
