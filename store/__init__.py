"""Everything that outlives a run: tables, deltas, the audit chain (``open``), and the Parquet stage (``Stage``).

Values come here sealed, masked or tokenised; nothing in this room can open them.
"""

from store.audit import AuditVerdict
from store.cases import CASES
from store.casework import Casework
from store.comparisons import COMPARISONS, DECLARED
from store.engine import raw
from store.feed import FeedStore
from store.grants import GRANTS
from store.heads import Head
from store.health import Health, examine, file_of, files_of
from store.increments import KEPT, TRACED, VERSIONS, Cursor, Increment
from store.leases import Lease, new_holder
from store.migrate import migrate_store
from store.publishing import DELTAS, PUBLISHED, READ, PublishResult, Snapshot
from store.publishing import ROWS as CANDIDATE_ROWS
from store.quarantine import ROWS as QUARANTINE_ROWS
from store.runs import Run, SourceState
from store.stage import Stage
from store.store import Store
from store.store import open_store as open  # noqa: A004 - the door's name is store.open
from store.workbench import WorkbenchStore

__all__ = [
    "CANDIDATE_ROWS",
    "CASES",
    "COMPARISONS",
    "DECLARED",
    "DELTAS",
    "GRANTS",
    "KEPT",
    "PUBLISHED",
    "QUARANTINE_ROWS",
    "READ",
    "TRACED",
    "VERSIONS",
    "AuditVerdict",
    "Casework",
    "Cursor",
    "FeedStore",
    "Head",
    "Health",
    "Increment",
    "Lease",
    "PublishResult",
    "Run",
    "Snapshot",
    "SourceState",
    "Stage",
    "Store",
    "WorkbenchStore",
    "examine",
    "file_of",
    "files_of",
    "migrate_store",
    "new_holder",
    "open",
    "raw",
]
