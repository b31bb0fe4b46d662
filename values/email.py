"""E-mail addresses by form: no network, no list of domains. The domain is folded to lower case, the local part is kept."""

from __future__ import annotations

import re

import pyarrow as pa

from core.errors import BadInput
from core.reasons import Reason
from values import columns
from values.columns import Normalised
from values.text import plain, with_stars

FIELD = "email"
MAX_LENGTH, MAX_LOCAL = 254, 64  # RFC 5321, 4.5.3.1

_BRACKETED = re.compile(r"^[^<>]*<\s*([^<>\s]+)\s*>$")
_PREFIX = re.compile(r"^(?:mailto|e-?mail|邮箱|电子邮箱|邮件)\s*[:：]\s*", re.IGNORECASE)
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_FORM = re.compile(
    rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>(?:{_LABEL}\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{{2,63}}))", re.IGNORECASE
)
_MASKED = re.compile(r"(?P<local>[\w.+*-]+)@(?P<domain>[\w*-]+(?:\.[\w*-]+)*\.(?:\*+|[^\W\d_]{2,63}))")


def parse(text: str) -> tuple[str, str]:
    """(canonical, kind), kind ``address`` or ``masked``. Raises BadInput: NOT_AN_EMAIL, MISSING when empty."""
    written = _PREFIX.sub("", plain(text)).rstrip(";,.。；，")
    if not written:
        raise BadInput(FIELD, Reason.MISSING)
    if m := _BRACKETED.match(written):
        written = m[1]
    starred = with_stars(written)
    if "*" in starred and (m := _MASKED.fullmatch(starred)):
        return _join(m), "masked"
    if len(written) <= MAX_LENGTH and (m := _FORM.fullmatch(written)) and len(m["local"]) <= MAX_LOCAL:
        return _join(m), "address"
    raise BadInput(FIELD, Reason.NOT_AN_EMAIL)


def normalise(column: pa.Array | pa.ChunkedArray) -> Normalised:
    """A column of addresses."""
    return columns.normalise(column, parse)


def _join(m: re.Match[str]) -> str:
    return f"{m['local']}@{m['domain'].lower()}"
