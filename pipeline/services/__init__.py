"""What the feed and the workbench mean, without HTTP: one service each, shared by all requests of a process."""
