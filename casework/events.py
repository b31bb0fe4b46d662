"""Events in: one Arrow table, a row a thing that happened. Ids, codes, dates and amounts; never a person's value."""

from __future__ import annotations

import pyarrow as pa

_TEXT = pa.string()
_TIME = pa.timestamp("us", tz="UTC")

# `at` and then `seq` order the events of a case. What an event was decided on stands in the event itself (days past due,
# balance, origins, lost since), so that a replay never depends on what a later file says.
EVENTS = pa.schema(
    [
        ("case_id", _TEXT),
        ("seq", pa.int64()),
        ("at", _TIME),
        ("kind", _TEXT),
        ("code", _TEXT),
        ("point_id", _TEXT),
        ("channel", _TEXT),
        ("party", _TEXT),
        ("until", _TIME),
        ("amount", pa.float64()),
        ("days_past_due", pa.int64()),
        ("balance", pa.float64()),
        ("origins", pa.int64()),
        ("lost_since", pa.date32()),
        ("agents", pa.int64()),
        ("actor", _TEXT),
        ("ref", _TEXT),
    ]
)


def conform(table: pa.Table) -> pa.Table:
    """The table with exactly EVENTS: absent columns null, others dropped."""
    columns = [
        table.column(f.name).cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
        for f in EVENTS
    ]
    return pa.Table.from_arrays(columns, schema=EVENTS)
