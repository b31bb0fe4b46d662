"""The consents as an index: for a subject and a scope, does a grant of this purpose stand now, and if not, why not.

A grant stands when its purpose is the one asked for, ``granted_at <= at < expires_at``, and no withdrawal of it is known,
whenever it was made: a withdrawal known now counts now. A missing date denies. A withdrawal reaches every earlier grant of
the same person, purpose and scope, by whichever of their keys it was recorded; a grant speaks only for its own keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core import schemas
from core.schemas import TIME
from policy.columns import column, flags
from policy.conditions import PRECEDENCE, Condition

Codes = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]

# Best first. Where no grant stands, the first of these that holds says why: the nearest to a valid one.
STANDINGS: tuple[Condition, ...] = (
    Condition.VALID_GRANT,
    Condition.WITHDRAWN,
    Condition.EXPIRED,
    Condition.NOT_YET_VALID,
    Condition.INCOMPLETE_GRANT,
    Condition.OTHER_PURPOSE,
    Condition.SUBJECT_CONFLICT,
    Condition.NO_GRANT,
    Condition.NO_SUBJECT_KEY,
)
CODE: dict[Condition, int] = {c: i for i, c in enumerate(STANDINGS)}

_PRECEDENCE_OF = np.array([PRECEDENCE.index(c) for c in STANDINGS], np.int64)
_STANDING_AT = np.array([CODE.get(c, -1) for c in PRECEDENCE], np.int8)
_NEVER = np.iinfo(np.int64).min
_FULL_ID = r"^[^*]{8,}$"  # no masked position, and not a tail; a keyed token of an id counts as one


@dataclass(frozen=True, slots=True)
class Found:
    """What the grants say of each asked row: ``standing`` indexes STANDINGS, ``row`` the consent row (-1: none)."""

    standing: Codes
    row: Rows


@dataclass(frozen=True, slots=True)
class _Lookup:
    """The best grant of each distinct key. Arrays end with the answer for a key that is not there."""

    keys: pa.Array
    standing: Codes
    row: Rows

    def find(self, asked: pa.Array) -> Found:
        at = pc.fill_null(pc.index_in(asked, value_set=self.keys), len(self.keys)).to_numpy(zero_copy_only=False)
        return Found(self.standing[at], self.row[at])


@dataclass(frozen=True)
class Grants:
    """The consents as they stand at ``at`` for ``purpose``. Build once a run (or a read), ask by column."""

    purpose: str
    at: datetime
    consents: pa.Table
    standing: Codes = field(repr=False)

    @classmethod
    def build(cls, consents: pa.Table, *, purpose: str, at: datetime) -> Grants:
        """The index over these CLEAN_CONSENTS. ``at`` is aware."""
        consents = schemas.conform(consents, schemas.CLEAN_CONSENTS).combine_chunks()
        return cls(purpose=purpose, at=at, consents=consents, standing=_standing(consents, purpose, at))

    # by subject: the gates before and after matching ask for it, the one that reads does not
    @cached_property
    def _customers(self) -> pa.Array:
        return column(self.consents, "customer_no")

    @cached_property
    def _ids(self) -> pa.Array:
        return full_ids(column(self.consents, "id_number"))

    @cached_property
    def _by_customer(self) -> Mapping[str, _Lookup]:
        return self._best(self._customers, self._ids)

    @cached_property
    def _by_id(self) -> Mapping[str, _Lookup]:
        return self._best(self._ids, self._customers)

    def _best(self, keys: pa.Array, others: pa.Array) -> Mapping[str, _Lookup]:
        by_scope = _rows_by_scope(column(self.consents, "scope"))
        return {scope: _lookup(keys, others, rows, self.standing) for scope, rows in by_scope.items()}

    def find(self, scope: str, customer_no: pa.Array, id_number: pa.Array) -> Found:
        """For each subject, given by customer number, full id or both, how its best grant of this scope stands.

        A grant found by one key whose other key is another person's is a conflict, not a grant.
        """
        ids = full_ids(id_number)
        none = _Lookup(
            pa.array([], pa.string()), np.array([CODE[Condition.NO_GRANT]], np.int8), np.array([-1], np.int64)
        )
        by_customer = self._own(self._by_customer.get(scope, none).find(customer_no), customer_no, ids)
        by_id = self._own(self._by_id.get(scope, none).find(ids), customer_no, ids)
        use_id = by_id.standing < by_customer.standing
        standing = np.where(use_id, by_id.standing, by_customer.standing).astype(np.int8)
        row = np.where(use_id, by_id.row, by_customer.row)
        keyless = pc.and_(pc.is_null(customer_no), pc.is_null(ids)).to_numpy(zero_copy_only=False)
        standing[keyless] = CODE[Condition.NO_SUBJECT_KEY]
        return Found(standing, row)

    def consent_ids(self, row: Rows) -> pa.Array:
        """The consent id of each row index; null where there is none."""
        return column(self.consents, "consent_id").take(pa.array(row, mask=row < 0))

    def by_consent(self, scopes: frozenset[str] | None = None) -> tuple[pa.Array, Codes]:
        """The distinct consent ids and how the worst row of each stands, among rows of these scopes (null: all)."""
        chosen = (
            self.consents.column("scope").is_valid()
            if scopes is None
            else pc.is_in(self.consents.column("scope"), value_set=pa.array(sorted(scopes), pa.string()))
        )
        rows = np.flatnonzero(flags(chosen))
        encoded = column(self.consents, "consent_id").take(pa.array(rows)).dictionary_encode()
        codes = np.asarray(
            pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(zero_copy_only=False), np.int64
        )
        first = np.full(len(encoded.dictionary) + 1, len(PRECEDENCE), np.int64)
        np.minimum.at(first, codes, _PRECEDENCE_OF[self.standing[rows]])
        return encoded.dictionary, _STANDING_AT[first[:-1]]

    def _own(self, found: Found, customer_no: pa.Array, ids: pa.Array) -> Found:
        """What was found, where its keys do not contradict the subject's; a conflict where they do."""
        at = pa.array(found.row, mask=found.row < 0)
        other_customer = pc.not_equal(self._customers.take(at), customer_no)
        other_id = pc.not_equal(self._ids.take(at), ids)
        conflict = flags(other_customer) | flags(other_id)
        return Found(np.where(conflict, CODE[Condition.SUBJECT_CONFLICT], found.standing).astype(np.int8), found.row)


def full_ids(ids: pa.Array) -> pa.Array:
    """The id numbers that name one person: masked ones and tails become null."""
    if ids.null_count == len(ids):
        return ids
    encoded = ids.dictionary_encode()
    whole = pc.match_substring_regex(encoded.dictionary, _FULL_ID)
    return pc.if_else(whole, encoded.dictionary, None).take(encoded.indices)


def _codes(values: pa.Array) -> Rows:
    """One number for each distinct value, -1 for null."""
    codes = pc.fill_null(values.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False)
    return np.asarray(codes, dtype=np.int64)


def _micros(times: pa.Array) -> Rows:
    """Microseconds since the epoch; _NEVER for null."""
    return np.asarray(pc.fill_null(times.cast(pa.int64()), _NEVER).to_numpy(zero_copy_only=False), dtype=np.int64)


def _standing(consents: pa.Table, purpose: str, at: datetime) -> Codes:
    now = _micros(pa.array([at], TIME))[0]
    granted, expires = _micros(column(consents, "granted_at")), _micros(column(consents, "expires_at"))
    cases = (
        (~flags(pc.equal(column(consents, "purpose"), purpose)), Condition.OTHER_PURPOSE),
        (_withdrawn(consents, purpose, granted), Condition.WITHDRAWN),
        ((granted == _NEVER) | (expires == _NEVER), Condition.INCOMPLETE_GRANT),
        (granted > now, Condition.NOT_YET_VALID),
        (expires <= now, Condition.EXPIRED),
    )
    codes = np.select([holds for holds, _ in cases], [CODE[c] for _, c in cases], CODE[Condition.VALID_GRANT])
    return codes.astype(np.int8)


def _withdrawn(consents: pa.Table, purpose: str, granted: Rows) -> npt.NDArray[np.bool_]:
    """Rows whose grant is withdrawn: by the row itself, by a row of the same grant, or by a later word of the same person.

    A withdrawal that names no purpose or scope withdraws all of them.
    """
    withdrawn = _micros(column(consents, "withdrawn_at"))
    purposes = column(consents, "purpose")
    heard = (withdrawn != _NEVER) & (flags(pc.equal(purposes, purpose)) | flags(pc.is_null(purposes)))
    if not heard.any():
        return np.asarray(withdrawn != _NEVER)
    scope = _codes(column(consents, "scope"))
    person = _people(consents)
    latest = np.maximum(
        _latest(_pairs(person, scope), withdrawn, heard & (scope >= 0)), _latest(person, withdrawn, heard & (scope < 0))
    )
    same_grant = _latest(_pairs(_codes(column(consents, "consent_id")), scope), withdrawn, heard)
    return np.asarray((withdrawn != _NEVER) | ((latest != _NEVER) & (granted <= latest)) | (same_grant != _NEVER))


def _latest(group: Rows, times: Rows, counts: npt.NDArray[np.bool_]) -> Rows:
    """For each row, the latest counted time in its group; _NEVER where there is none or the group is unknown (-1)."""
    out = np.full(len(group), _NEVER, np.int64)
    if not counts.any():
        return out
    latest = np.full(int(group.max(initial=0)) + 1, _NEVER, np.int64)
    known = counts & (group >= 0)
    np.maximum.at(latest, group[known], times[known])
    out[group >= 0] = latest[group[group >= 0]]
    return out


def _pairs(a: Rows, b: Rows) -> Rows:
    """One number for each distinct pair; -1 where the first is unknown."""
    paired = a * (int(b.max(initial=0)) + 2) + (b + 1)
    numbers = np.unique(paired, return_inverse=True)[1]
    return np.where(a < 0, -1, numbers).astype(np.int64)


def _people(consents: pa.Table) -> Rows:
    """One number a person: rows that share a customer number or a full id, directly or through another row."""
    customers, ids = _codes(column(consents, "customer_no")), _codes(full_ids(column(consents, "id_number")))
    offset = int(customers.max(initial=-1)) + 1
    size = offset + int(ids.max(initial=-1)) + 1
    both = (customers >= 0) & (ids >= 0)
    links = coo_array((np.ones(int(both.sum()), bool), (customers[both], ids[both] + offset)), shape=(size, size))  # type: ignore[no-untyped-call]
    person = connected_components(links, directed=False)[1] if size else np.array([], np.int64)
    key = np.where(customers >= 0, customers, np.where(ids >= 0, ids + offset, -1))
    return np.where(key < 0, -1, np.append(person, -1)[key]).astype(np.int64)


def _rows_by_scope(scopes: pa.Array) -> dict[str, Rows]:
    encoded = scopes.dictionary_encode()
    codes = _codes(scopes)
    return {scope: np.flatnonzero(codes == i) for i, scope in enumerate(encoded.dictionary.to_pylist())}


def _lookup(keys: pa.Array, others: pa.Array, rows: Rows, standing: Codes) -> _Lookup:
    """The best of each key's grants: by standing, then one with no other key to contradict, then the latest row."""
    encoded = keys.take(pa.array(rows)).dictionary_encode()
    codes = np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), np.int64)
    order = np.lexsort((-rows, flags(others.is_valid())[rows], standing[rows], codes))
    order = order[codes[order] >= 0]
    first = np.flatnonzero(np.diff(codes[order], prepend=-1))
    best = rows[order[first]]
    return _Lookup(
        encoded.dictionary,
        np.append(standing[best], CODE[Condition.NO_GRANT]).astype(np.int8),
        np.append(best, -1).astype(np.int64),
    )
