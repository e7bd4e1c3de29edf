"""Makes a web site of the whole set from what the notebooks have stored; nothing is run again."""
