"""What PyYAML raises, beside its own errors, for a value that is not what its tag or its form promises."""

from __future__ import annotations

# A day that no month has, a number too long, !!bool x, !!timestamp x, a key that is a list, brackets without end.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
