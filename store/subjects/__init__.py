"""What the store does for the persons in it: withdraw and erase, freeze and hold, requests, contacts, retention, rotation.

Each method is one transaction, with the audit event of what it changed.
"""

from __future__ import annotations

from store.subjects.contacts import CONTACTS, Contacts
from store.subjects.forgetting import ERASURES, Forgetting
from store.subjects.requests import REQUESTS, Requests
from store.subjects.retention import Retention
from store.subjects.sealed import SEALED, Sealed
from store.subjects.trail import Trail

__all__ = ["CONTACTS", "ERASURES", "REQUESTS", "SEALED", "Subjects"]


class Subjects(Forgetting, Retention, Requests, Contacts, Sealed, Trail):
    """The part of a store that answers for persons. Made by ``Store.subjects``."""
