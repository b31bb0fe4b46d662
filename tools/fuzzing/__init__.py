"""What ``tools/fuzz.py`` throws, and at what: ``damage`` makes the input, each other file has the parsers of one kind of input."""
