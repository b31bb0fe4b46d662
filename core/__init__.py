"""The vocabulary every room shares: schemas, small frozen types, errors, events, the deployment model. No I/O, no clock."""
