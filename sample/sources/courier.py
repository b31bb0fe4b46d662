"""The courier's scans: mostly what the shop said already, weeks later, under another number."""

from __future__ import annotations

import numpy as np

from sample.places import write as write_address
from sample.population import Population
from sample.rows import Rows, Whose, known, mistype, moments, pick, receiver, rows, tails, written_phones
from sample.sources.shop import Orders
from sample.timeline import GONE
from sample.vocabulary import Ints

HEADER = ["WAYBILL", "ORDER_REF", "ACCT_NAME", "ACCT_ID4", "CONSIGNEE", "CONSIGNEE_TEL", "CONSIGNEE_ADDR", "SIGNED_AT"]


def write(
    people: Population, rng: np.random.Generator, copied: Orders, index: Ints, order: list[str], first: int
) -> Rows:
    """The copies as the courier's export shows them. ``index``: the shop's row of each, ``order``: the shop's numbers."""
    world, n = people.world, len(index)
    record = [f"YD{first + i:011d}" for i in range(n)]
    phone, wrong = mistype(rng, copied.phone, world.copy_noise)
    masked = rng.random(n) < world.masked_phones
    at = np.datetime_as_string(moments(people, rng, copied.day)).tolist()
    cells = [
        list(row)
        for row in zip(
            record,
            known(rng, pick(order, index), 1 - world.copies_name_origin),
            known(rng, pick(people.name, copied.account), world.missing_ids),
            known(rng, tails(pick(people.id_number, copied.account)), min(1.0, 2 * world.missing_ids)),
            receiver(rng, copied.name, copied.male, masked=world.masked_names),
            written_phones(rng, phone, masked),
            write_address(rng, people.places, copied.place),
            ["".join(c for c in t if c.isdigit()) for t in at],
            strict=True,
        )
    ]
    whose = np.where(wrong & (copied.whose == Whose.SELF), Whose.GARBLED, copied.whose)
    shown = np.where(wrong | masked, GONE, copied.phone)
    origin = [f"shop:{o}" for o in pick(order, index)]
    return rows(
        "courier",
        cells,
        record,
        copied.account,
        copied.day,
        whose=whose,
        phone=shown,
        place=copied.place,
        origin=origin,
    )
