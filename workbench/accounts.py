"""Local accounts: argon2id hashes, locks that grow with failures, and an answer that does not tell what was wrong."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import ConfigError
from core.events import Event, EventName
from pipeline.services.workbench import Workbench
from pipeline.site import Site
from workbench.roles import Role

MIN_PASSWORD_LENGTH = 12
FREE_FAILURES = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=15)
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
ISSUER_ONLY = "!"  # fits nothing: this account signs in by the issuer only
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


def create(site: Site, name: str, role: Role | str, password: str | None = None, *, actor: str = "user:cli") -> str:
    """Make an account (or give it a new role and password) and return its password; made up when none is given.

    Raises ConfigError for a name, role or password that will not do.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError("an account's name is 2 to 40 small letters, digits, dots and hyphens", file="accounts")
    if role not in set(Role):
        raise ConfigError(f"a role is one of {', '.join(Role)}", file="accounts")
    password = password or secrets.token_urlsafe(12)
    if len(password) < MIN_PASSWORD_LENGTH:
        raise ConfigError(f"a password has at least {MIN_PASSWORD_LENGTH} characters", file="accounts")
    now = datetime.now(UTC)
    row = {"name": name, "role": str(role), "password_hash": _HASHER.hash(password), "created_at": now}
    row |= {"disabled_at": None, "failures": 0, "locked_until": None}
    event = Event(EventName.ACCOUNT_SAVED, actor, facts={"account": name, "role": str(role)})
    Workbench(site).store.save_account(row, event, now)
    return password


def create_demo(site: Site) -> dict[Role, tuple[str, str]]:
    """One account for each role, with passwords made up now: role → (name, password)."""
    return {
        role: (f"demo-{role.replace('_', '-')}", create(site, f"demo-{role.replace('_', '-')}", role)) for role in Role
    }


def check(workbench: Workbench, name: str, password: str) -> bool:
    """Is this the account's password, and may it be tried now? It takes as long when there is no such account."""
    account, now = workbench.store.account(name), workbench.clock()
    is_known = account is not None and account["disabled_at"] is None
    is_locked = account is not None and account["locked_until"] is not None and account["locked_until"] > now
    fits = _fits(account["password_hash"] if account is not None else _NOBODY, password)
    if account is None or not is_known:
        return False
    if fits and not is_locked:
        event = Event(EventName.ACCOUNT_SIGNED_IN, f"user:{name}", facts={"account": name})
        workbench.store.note_attempt(name, failures=0, locked_until=None, event=event, at=now)
        return True
    failures = account["failures"] + (not is_locked)
    until = account["locked_until"] if is_locked else _locked_until(failures, now)
    event = Event(EventName.ACCOUNT_SIGN_IN_REFUSED, f"user:{name}", facts={"account": name, "failures": failures})
    workbench.store.note_attempt(name, failures=failures, locked_until=until, event=event, at=now)
    return False


def vouched(workbench: Workbench, name: str, role: str) -> bool:
    """Let in whom the issuer vouches for, with the role it says; false when the account was disabled here."""
    account, now = workbench.store.account(name), workbench.clock()
    if account is not None and account["disabled_at"] is not None:
        return False
    if account is None or account["role"] != role:
        row = {"name": name, "role": role, "password_hash": ISSUER_ONLY, "created_at": now}
        row |= {"disabled_at": None, "failures": 0, "locked_until": None}
        saved = Event(EventName.ACCOUNT_SAVED, f"user:{name}", facts={"account": name, "role": role})
        workbench.store.save_account(row, saved, now)
    event = Event(EventName.ACCOUNT_SIGNED_IN, f"user:{name}", facts={"account": name})
    workbench.store.note_attempt(name, failures=0, locked_until=None, event=event, at=now)
    return True


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _locked_until(failures: int, now: datetime) -> datetime | None:
    if failures < FREE_FAILURES:
        return None
    doubled: int = 2 ** min(failures - FREE_FAILURES, 10)
    return now + min(FIRST_LOCK * doubled, LONGEST_LOCK)
