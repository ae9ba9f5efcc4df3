"""The demo shop Toko Laras: CSV files, the content they come from and the script between."""
