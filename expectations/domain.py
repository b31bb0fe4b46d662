"""The tests of values that Great Expectations does not know, each on the distinct values of a column: True where it holds.

A detector (of personal data, say) belongs to another room and is handed in by the caller by name; what it cannot answer
counts as found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import pyarrow as pa
import pyarrow.compute as pc

import values.email
import values.phone
import values.regions
import values.resident_id
from core.errors import Fatal

Detector = Callable[[pa.Array], pa.Array]  # text -> true where it finds something

_CANONICAL_PHONE = r"^(\+[0-9]{3,15}|[0-9*]*\*[0-9*]*)$"
_DETECTORS: ContextVar[Mapping[str, Detector]] = ContextVar("detectors")


def is_phone(distinct: pa.Array) -> pa.Array:
    """E.164, or the positions that a masked number shows."""
    return pc.and_(
        pc.match_substring_regex(distinct, _CANONICAL_PHONE), _is_read(values.phone.normalise(distinct).values)
    )


def is_mobile(distinct: pa.Array) -> pa.Array:
    """A phone that is a mobile, whole or masked."""
    kinds = values.phone.normalise(distinct).kinds
    return pc.and_(is_phone(distinct), pc.is_in(kinds, value_set=pa.array(["mobile", "masked"], pa.string())))


def is_resident_id(distinct: pa.Array) -> pa.Array:
    """Anything of the 18 positions of a resident id holds as one (GB 11643); numbers of other countries are not ours to test."""
    shaped = pc.match_substring_regex(distinct, r"^[0-9*]{17}[0-9Xx*]$")
    return pc.or_(pc.invert(shaped), _is_read(values.resident_id.normalise(distinct).values))


def is_region(distinct: pa.Array) -> pa.Array:
    """Codes of divisions (``values.regions``), of today or, in China (GB/T 2260), of their day."""
    texts = distinct.to_pylist()
    known = [t is not None and values.regions.is_code(t) and values.regions.division(t) is not None for t in texts]
    return pa.array(known, pa.bool_())


def is_email(distinct: pa.Array) -> pa.Array:
    return _is_read(values.email.normalise(distinct).values)


TESTS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "phone": is_phone,
    "mobile": is_mobile,
    "resident_id": is_resident_id,
    "region": is_region,
    "email": is_email,
}


@contextmanager
def detecting(detectors: Mapping[str, Detector]) -> Iterator[None]:
    """Within it, ``clear_of`` knows these detectors."""
    token = _DETECTORS.set(detectors)
    try:
        yield
    finally:
        _DETECTORS.reset(token)


def is_clear_of(distinct: pa.Array, detector: str) -> pa.Array:
    """True where the named detector finds nothing. Raises Fatal when nobody handed it in."""
    found = _DETECTORS.get({}).get(detector)
    if found is None:
        raise Fatal(f"the contract needs a detector that was not given: {detector}")
    return pc.invert(pc.fill_null(found(distinct), fill_value=True))


def _is_read(canonical: pa.Array) -> pa.Array:
    return pc.is_valid(canonical)
