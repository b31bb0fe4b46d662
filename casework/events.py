"""Events in: one Arrow table, a row a thing that happened. Ids, codes, dates and amounts; never a person's value."""

from __future__ import annotations

import pyarrow as pa

from core.schemas import TEXT, TIME

# `at` and then `seq` order the events of a case. What an event was decided on stands in the event itself (days past due,
# balance, origins, lost since), so that a replay never depends on what a later file says.
EVENTS = pa.schema(
    [
        ("case_id", TEXT),
        ("seq", pa.int64()),
        ("at", TIME),
        ("kind", TEXT),
        ("code", TEXT),
        ("point_id", TEXT),
        ("channel", TEXT),
        ("party", TEXT),
        ("until", TIME),
        ("amount", pa.float64()),
        ("days_past_due", pa.int64()),
        ("balance", pa.float64()),
        ("origins", pa.int64()),
        ("lost_since", pa.date32()),
        ("agents", pa.int64()),
        ("actor", TEXT),
        ("ref", TEXT),
    ]
)


def conform(table: pa.Table) -> pa.Table:
    """The table with exactly EVENTS: absent columns null, others dropped."""
    columns = [
        table.column(f.name).cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
        for f in EVENTS
    ]
    return pa.Table.from_arrays(columns, schema=EVENTS)
