"""One file a source: what it sees of the people, and in what form it writes that down."""
