"""Service notes: free text → the contact the customer says is theirs and current; the text itself goes no further."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import privacy.text
from pipeline import processes

_FIELD = {
    "phone": "contact_phone",
    "address": "contact_address",
    "region": "region",
    "email": "contact_email",
    "messaging": "contact_messaging",
}


def extract(pulled: pa.Table) -> pa.Table:
    """PULLED_SIGNALS with the observed columns filled from the text, and the text gone; read on every core.

    A note is one signal with at most one contact of each kind: of several, the one held most certain. Only what the
    customer says is their own and current is taken; a relative's, a courier's or an old number is dropped here.
    """
    observed = processes.by_rows("pipeline.notes:observed", pulled.select(["text", "name"]))
    columns = {name: pulled.column(name).combine_chunks() for name in pulled.column_names}
    columns |= {name: observed.column(name).combine_chunks() for name in observed.column_names}
    columns["text"] = pa.nulls(pulled.num_rows, pa.string())
    return pa.table(columns)


def observed(notes: pa.Table) -> pa.Table:
    """What the notes (text, name) say, a row a note: the observed columns, ``confidence`` and ``retires_older``."""
    own = privacy.text.usable(
        privacy.text.heard(notes.column("text").combine_chunks(), notes.column("name").combine_chunks())
    )
    order = np.lexsort((-own.column("confidence").to_numpy(), own.column("row").to_numpy()))
    own = own.take(pa.array(order))
    columns = {}
    confidence = np.ones(notes.num_rows)
    retires = np.zeros(notes.num_rows, dtype=bool)
    for kind, name in _FIELD.items():
        of_kind = own.filter(pc.equal(own.column("kind"), kind))
        rows, first = np.unique(of_kind.column("row").to_numpy(), return_index=True)
        values = np.full(notes.num_rows, None, dtype=object)
        values[rows] = of_kind.column("value").to_numpy(zero_copy_only=False)[first]
        columns[name] = pa.array(values, pa.string())
        confidence[rows] = np.minimum(confidence[rows], of_kind.column("confidence").to_numpy()[first])
        retires[rows] |= of_kind.column("polarity").to_numpy(zero_copy_only=False)[first] == "new"
    return pa.table(columns | {"confidence": pa.array(confidence), "retires_older": pa.array(retires)})
