"""Who may do what: five roles over a closed list of permissions. Deny by default."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Of an account; exactly one."""

    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    PRIVACY_OFFICER = "privacy_officer"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class May(StrEnum):
    """A permission; every route names the one it needs."""

    SEE_DEBTORS = "see_debtors"
    REVEAL = "reveal"
    DECIDE = "decide"
    PROPOSE = "propose"
    SETTLE = "settle"
    SEE_RUNS = "see_runs"
    PROMOTE = "promote"
    SEE_POLICY = "see_policy"
    SEE_AUDIT = "see_audit"
    SEE_REQUESTS = "see_requests"
    SEE_SMALL_CELLS = "see_small_cells"
    BE_HERE = "be_here"


_EVERYBODY = {May.BE_HERE, May.SEE_POLICY, May.SEE_RUNS}
_OPERATIONS = {
    *_EVERYBODY,
    May.SEE_SMALL_CELLS,
}  # whoever is not of them sees no count of a group smaller than min_cell

PERMISSIONS: dict[Role, frozenset[May]] = {
    Role.ANALYST: frozenset({*_OPERATIONS, May.SEE_DEBTORS, May.REVEAL, May.DECIDE, May.PROPOSE}),
    Role.SUPERVISOR: frozenset(
        {*_OPERATIONS, May.SEE_DEBTORS, May.REVEAL, May.DECIDE, May.PROPOSE, May.SETTLE, May.SEE_REQUESTS, May.PROMOTE}
    ),
    Role.PRIVACY_OFFICER: frozenset({*_OPERATIONS, May.SEE_DEBTORS, May.SEE_AUDIT, May.SEE_REQUESTS}),
    Role.AUDITOR: frozenset({*_EVERYBODY, May.SEE_AUDIT}),
    Role.OPERATOR: frozenset(_OPERATIONS),
}
