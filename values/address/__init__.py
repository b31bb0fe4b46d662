"""A Chinese postal address: its parts, a key that two spellings of it share, and how far two addresses agree."""

from values.address.address import Address, written
from values.address.compare import LEVELS, agreement, canonical, levels, same_place
from values.address.parse import parse, parse_column, parse_each, remember

__all__ = [
    "LEVELS",
    "Address",
    "agreement",
    "canonical",
    "levels",
    "parse",
    "parse_column",
    "parse_each",
    "remember",
    "same_place",
    "written",
]
