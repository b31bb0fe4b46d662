"""What ``tools/fuzz.py`` throws, and at what: ``damage`` makes the input, ``source`` what is read as a source, each other file has the parsers of one kind of input."""
