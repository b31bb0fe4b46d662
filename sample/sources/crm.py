"""Customer service's record of changed numbers: one JSON object a line, nested."""

from __future__ import annotations

import json

import numpy as np

from sample.population import Population
from sample.rows import Cells, Rows, Whose, known, mistype, moments, pick, rows, written_phones
from sample.timeline import GONE

HEADER = ["event", "cif", "full_name", "doc_no", "from", "to", "mail", "at"]


def write(people: Population, rng: np.random.Generator, first: int) -> Rows:
    """The number changes that were reported; a few give a relative's number."""
    world, line = people.world, people.numbers
    changed = (line.start > -people.days) & (line.value != GONE) & (people.phone_unit[line.unit] == line.unit)
    told = changed & (rng.random(len(line.unit)) < world.changes_reported)
    told |= line.is_last & (line.unit < people.canaries)
    who, day, new = line.unit[told], line.start[told], line.value[told]
    day = day + 1 + rng.exponential(20, len(day)).astype(np.int64)
    past = (day < 0) | (who < people.canaries)
    who, day, new = who[past], np.minimum(day[past], -1), new[past]
    others = (rng.random(len(who)) < world.others_number_reported) & (who >= people.canaries)
    new = np.where(others, people.relation_phone[who], new)
    written, wrong = mistype(rng, new, world.typos)
    wrong &= who >= people.canaries
    written = np.where(wrong, written, new)
    old = people.phone_at(who, np.maximum(day - 60, -people.days))
    n = len(who)
    record = [f"CU-{first + i:08d}" for i in range(n)]
    cells = [
        list(row)
        for row in zip(
            record,
            known(rng, pick(people.customer_no, who), world.missing_ids),
            pick(people.name, who),
            known(rng, pick(people.id_number, who), world.missing_ids * 2),
            [str(o) if o != GONE else "" for o in old.tolist()],
            written_phones(rng, written, np.zeros(n, bool)),
            known(rng, [f"{c.lower()}@example.test" for c in pick(people.customer_no, who)], 0.7),
            [f"{t}+08:00" for t in np.datetime_as_string(moments(people, rng, day)).tolist()],
            strict=True,
        )
    ]
    whose = np.where(others, Whose.RELATIVE, np.where(wrong, Whose.GARBLED, Whose.SELF))
    return rows("crm", cells, record, who, day, whose=whose, phone=np.where(wrong, GONE, new))


def line(cells: Cells) -> str:
    """One event as JSON."""
    event, cif, name, doc, old, new, mail, at = cells
    return json.dumps(
        {
            "event_id": event,
            "party": {"cif": cif or None, "full_name": name, "doc": {"type": "ID", "no": doc or None}},
            "changes": [{"attr": "MOBILE", "from": old or None, "to": new or None}],
            "contact": {"mail": mail or None},
            "occurred": at,
        },
        ensure_ascii=False,
    )
