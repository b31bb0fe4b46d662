"""What was heard since: attempts that case systems told the feed, and what people decided in the workbench, as outcomes.

A decision that says the contact is (or is not) the debtor's counts as such a contact made; one that says only that it must not be
used tells nothing of whose it is. Both are opened here for `rank` and `learn`, and stay in their memory.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from core import schemas
from core.kinds import Disposition
from pipeline.site import Site
from store.feed import FeedStore
from store.reviews import ACCEPT, REJECT
from store.workbench import WorkbenchStore

# (verdict, reason) → what it says of whose contact it is; other reasons say nothing of that.
_SAYS = {
    **{
        (ACCEPT, r): Disposition.RIGHT_PARTY
        for r in ("sources_agree", "recent", "confirmed_by_contact", "fits_history")
    },
    **{(REJECT, r): Disposition.WRONG_PARTY for r in ("other_person", "outdated", "contradicted")},
}


def outcomes(site: Site) -> pa.Table:
    """Attempts and decisions (CLEAN_OUTCOMES)."""
    return pa.concat_tables([attempts(site), decisions(site)])


def attempts(site: Site) -> pa.Table:
    """What case systems told the feed (CLEAN_OUTCOMES)."""
    rows = FeedStore.of(site.store).outcomes()
    return _clean(site, rows, rows["disposition"], "feed")


def decisions(site: Site) -> pa.Table:
    """What stands of the workbench's decisions (CLEAN_OUTCOMES)."""
    rows = WorkbenchStore.of(site.store).decided()
    pairs = zip(rows["verdict"].to_pylist(), rows["reason"].to_pylist(), strict=True)
    says = pa.chunked_array([pa.array([_SAYS.get(p) for p in pairs], pa.string())])
    told = pc.is_valid(says)
    return _clean(site, rows.filter(told), says.filter(told), "workbench")


def _clean(site: Site, rows: pa.Table, disposition: pa.ChunkedArray, source: str) -> pa.Table:
    blobs, ids = rows["value_sealed"].to_pylist(), rows["candidate_id"].to_pylist()
    opened = [site.keys.open(b, f"candidate:{i}") for b, i in zip(blobs, ids, strict=True)]
    columns = {
        "row": pa.array(range(rows.num_rows), pa.int64()),
        "case_id": rows["case_id"],
        "kind": rows["kind"],
        "contact_value": pa.array(opened, pa.string()),
        "contact_source": pa.array([source] * rows.num_rows, pa.string()),
        "disposition": disposition,
        "at": rows["at"],
    }
    return schemas.conform(pa.table(columns), schemas.CLEAN_OUTCOMES)
