"""What a phone, an id, a name, an address, a region *is*: parse, validate, normalise. Pure; one noun a file."""
