"""Credentials by reference: the YAML names where a secret is, never the secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

# The field a deployment's ``options.credentials`` refers to, resolved: ``env:NAME``, or what the caller's resolver knows.
Secrets = Callable[[str], "Credentials"]
# What a secrets backend knows under a name: fields of Credentials. Raises LookupError for a name it does not know.
Login = Callable[[str], Mapping[str, str | None]]

_REFERENCE = re.compile(r"[a-z][a-z0-9+_-]*:[^\s:@]+")
# Option names that hold a secret itself, whatever is put there.
_SECRET_NAMES = re.compile(
    r"pass(word|phrase|wd)?|secret(_key)?|client_secret|token|api_?key|private_key|authorization|access_key",
    re.IGNORECASE,
)


class UnknownReference(LookupError):
    """A reference nothing here resolves. The message names the reference, which is no secret."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one login is made of. ``secret`` is a lone secret: a password or a bearer token, as its user takes it."""

    user: str | None = None
    secret: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    private_key_file: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)


_NAMES = tuple(f.name for f in fields(Credentials))


def parse(reference: str, text: str) -> Credentials:
    """The credentials of a stored text: a JSON object of Credentials' fields, or a lone secret.

    Raises UnknownReference for an object with other fields.
    """
    if not text.lstrip().startswith("{"):
        return Credentials(secret=text)
    try:
        given = json.loads(text)
        return Credentials(**{name: None if value is None else str(value) for name, value in given.items()})
    except (ValueError, TypeError, RecursionError):
        raise UnknownReference(f"{reference} holds no JSON object of: {', '.join(_NAMES)}") from None


def of_environ(environ: Mapping[str, str]) -> Secrets:
    """The resolver of ``env:NAME``. Others (``airflow:CONN_ID``) come from a resolver that the caller injects."""

    def resolve(reference: str) -> Credentials:
        scheme, _, name = reference.partition(":")
        if scheme != "env":
            raise UnknownReference(f"nothing here resolves credentials of scheme {scheme}")
        if name not in environ:
            raise UnknownReference(f"environment variable {name} is not set")
        return parse(reference, environ[name])

    return resolve


def of_schemes(environ: Mapping[str, str], schemes: Mapping[str, Login]) -> Secrets:
    """The resolver of ``env:NAME`` and of each of these schemes. A login is told as Credentials' fields."""
    of_env = of_environ(environ)

    def resolve(reference: str) -> Credentials:
        scheme, _, name = reference.partition(":")
        if scheme not in schemes:
            return of_env(reference)
        given = {k: v for k, v in schemes[scheme](name).items() if k in _NAMES and v is not None}
        return Credentials(**given)

    return resolve


def is_reference(text: str) -> bool:
    """Whether the text is a reference by its form: ``scheme:name``."""
    return bool(_REFERENCE.fullmatch(text))


def literals(options: Mapping[str, object], at: str = "") -> list[str]:
    """The dotted names of options that hold a secret themselves."""
    found: list[str] = []
    for name, value in options.items():
        path = f"{at}{name}"
        if isinstance(value, Mapping):
            found += literals(value, f"{path}.")
        elif _SECRET_NAMES.fullmatch(str(name)) and isinstance(value, str):
            found.append(path)
    return found
