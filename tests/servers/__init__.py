"""Real servers for tests, each started once a session on this machine only, and gone with it."""
