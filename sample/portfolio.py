"""Writes a whole fictional portfolio, block by block: the data as lenders export it, a deployment, and the truth apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow as pa

from sample import canaries, faults, formats, truth
from sample.identity import Numbers
from sample.population import Population, simulate
from sample.rows import Cells, Rows
from sample.sources import app, attempts, cards, consents, courier, crm, notes, registry, shop
from sample.world import World

SEED = 20261101
AS_OF = date(2026, 11, 1)
BLOCK = 5_000  # debtors simulated at a time: memory stays that of one block
_FIRST_CUSTOMER = 10_000_000
_TOPICS = (
    *("people", "registry", "consents", "shop", "courier", "crm", "cards", "notes", "app", "attempts", "faults"),
    *("registry_text", "consents_text"),
)
_CARDS = pa.schema(
    [
        ("seq_no", pa.string()),
        ("doc_no", pa.string()),
        ("holder", pa.string()),
        ("place_name", pa.string()),
        ("mcc_code", pa.int32()),
        ("amt_cents", pa.int64()),
        ("posted_at", pa.timestamp("ms")),
    ]
)
_APP = {"gid": "INTEGER", "uid": "TEXT", "region": "TEXT", "day": "INTEGER"}


@dataclass(frozen=True)
class Manifest:
    """What was written. ``rows``: per source, bad ones included; ``planted``: the bad ones."""

    folder: Path
    world: str
    seed: int
    as_of: date
    debtors: int
    customers: int
    cases: int
    rows: dict[str, int]
    planted: dict[str, int]


@dataclass
class _Source:
    """A source's writer, and its tally."""

    header: list[str]
    id_column: int | None
    writer: formats.Writer
    rows: int = 0
    good: int = 0
    planted: list[faults.Planted] = field(default_factory=list)


@dataclass
class _Block:
    """One block's rows of every source, and what only the truth knows of them."""

    people: Population
    cases: registry.Cases
    grants: dict[str, consents.Grant]
    seen: list[Rows]
    cells: dict[str, list[Cells]]


def write(world: World, folder: Path | str, *, debtors: int = 2000, seed: int = SEED, as_of: date = AS_OF) -> Manifest:
    """Write ``folder/data``, ``folder/deployment.yaml`` and ``folder/truth``; the same arguments give the same bytes."""
    folder = Path(folder)
    sources, truths = _open(folder)
    found: list[canaries.Canary] = []
    customers = cases = 0
    for people, stream in _populations(world, debtors, seed, as_of):
        block = _observe(people, stream, {name: s.good for name, s in sources.items()})
        _add(block, sources, stream("faults"), stream.block)
        _tell(block, truths)
        found += canaries.listed(people, block.cases.case_id)
        customers += people.size
        cases += len(block.cases.case_id)
    for writer in (*(s.writer for s in sources.values()), *truths.values()):
        writer.close()
    _write_planted(folder / "truth" / "planted.json", sources, found)
    _write_deployment(folder / "deployment.yaml", world, as_of)
    return Manifest(
        folder=folder,
        world=world.name,
        seed=seed,
        as_of=as_of,
        debtors=debtors,
        customers=customers,
        cases=cases,
        rows={n: s.rows for n, s in sources.items()},
        planted={n: s.rows - s.good for n, s in sources.items()},
    )


def _open(folder: Path) -> tuple[dict[str, _Source], dict[str, formats.Csv]]:
    data, kept = folder / "data", folder / "truth"
    for path in (kept, *(data / d for d in ("shop", "courier", "crm", "cards", "service", "app"))):
        path.mkdir(parents=True, exist_ok=True)
    bom = "utf-8-sig"
    sources = {
        "registry": _Source(
            registry.HEADER, 0, formats.Csv(data / "委案名单.csv", registry.HEADER, encoding="gb18030")
        ),
        "consents": _Source(consents.HEADER, 8, formats.Csv(data / "授权台账.csv", consents.HEADER)),
        "shop": _Source(shop.HEADER, 0, formats.Csv(data / "shop" / "交易明细.csv", shop.HEADER, encoding=bom)),
        "courier": _Source(
            courier.HEADER, 0, formats.Csv(data / "courier" / "scans.txt", courier.HEADER, delimiter="|")
        ),
        "crm": _Source(crm.HEADER, 0, formats.JsonLines(data / "crm" / "contact_events.jsonl", crm.line)),
        "cards": _Source(cards.HEADER, 0, formats.Parquet(data / "cards" / "postings.parquet", _CARDS)),
        "notes": _Source(notes.HEADER, 0, formats.Xlsx(data / "service" / "坐席备注.xlsx", "备注", notes.HEADER)),
        "app": _Source(app.HEADER, 0, formats.Sqlite(data / "app" / "geo.db", "geo_daily", _APP)),
        "attempts": _Source(attempts.HEADER, None, formats.Csv(data / "外呼结果.csv", attempts.HEADER)),
    }
    headers = {
        "current": truth.CURRENT,
        "third_party_phones": truth.THIRD_PARTIES,
        "signals": truth.SIGNALS,
        "ceiling": truth.CEILING,
    }
    return sources, {name: formats.Csv(kept / f"{name}.csv", header) for name, header in headers.items()}


@dataclass(frozen=True)
class _Streams:
    """A stream of random numbers for each block and topic: a change of one source leaves the others' bytes alone."""

    seed: int
    block: int

    def __call__(self, topic: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.block, _TOPICS.index(topic)])


def _populations(world: World, debtors: int, seed: int, as_of: date) -> Iterator[tuple[Population, _Streams]]:
    numbers, customers = Numbers(seed), _FIRST_CUSTOMER
    for number, start in enumerate(range(0, debtors, BLOCK)):
        stream, size = _Streams(seed, number), min(BLOCK, debtors - start)
        people = simulate(
            world,
            stream("people"),
            debtors=size,
            as_of=as_of,
            numbers=numbers,
            first_no=customers,
            canaries=min(canaries.COUNT, size) if number == 0 else 0,
        )
        canaries.mark(people)
        customers += people.size
        yield people, stream


def _observe(people: Population, stream: _Streams, first: dict[str, int]) -> _Block:
    """What every source sees of these people. ``first``: how many good rows each source has already."""
    cases = registry.open_cases(people, stream("registry"), first["registry"])
    grants = consents.grant(people, stream("consents"))
    rng, rng_courier = stream("shop"), stream("courier")
    sold = shop.orders(people, rng)
    in_shop = shop.write(people, rng, sold, first["shop"])
    copied, index = shop.copies(people.world, rng_courier, sold)
    seen = [
        in_shop,
        courier.write(people, rng_courier, copied, index, in_shop.record, first["courier"]),
        crm.write(people, stream("crm"), first["crm"]),
        cards.write(people, stream("cards"), first["cards"]),
        notes.write(people, stream("notes"), first["notes"]),
        app.write(people, stream("app"), first["app"]),
    ]
    cells = {
        "registry": registry.write(people, stream("registry_text"), cases),
        "consents": consents.write(people, stream("consents_text"), grants, first["consents"]),
        **{rows.source: rows.cells for rows in seen},
        "attempts": attempts.write(people, stream("attempts"), cases),
    }
    return _Block(people, cases, grants, seen, cells)


def _add(block: _Block, sources: dict[str, _Source], rng: np.random.Generator, number: int) -> None:
    """Write the block's rows with bad ones among them, and count both."""
    for name, source in sources.items():
        good = block.cells[name]
        cells, flaws, planted = faults.plant(
            rng,
            name,
            source.header,
            good,
            rate=block.people.world.bad_rows,
            spared=faults.is_canary(name, block.people, block.cases, block.seen, len(good)),
            id_column=source.id_column,
            mark=f"{number:03d}",
        )
        source.writer.add(cells, flaws)
        source.rows += len(cells)
        source.good += len(good)
        source.planted += planted


def _tell(block: _Block, truths: dict[str, formats.Csv]) -> None:
    """Write the block's truth."""
    people, cases = block.people, block.cases
    told = {
        "current": truth.current(people, cases),
        "third_party_phones": truth.third_parties(people, cases, block.seen),
        "ceiling": truth.ceiling(people, cases, block.seen, block.grants),
    }
    for name, cells in told.items():
        truths[name].add(cells, [""] * len(cells))
    for rows in block.seen:
        truths["signals"].add(truth.signals(people, cases, rows, block.grants), [""] * len(rows.record))


def _write_planted(path: Path, sources: dict[str, _Source], found: list[canaries.Canary]) -> None:
    told = {
        "sources": {
            name: {"rows": s.rows, "good": s.good, "planted": faults.tally(s.planted)} for name, s in sources.items()
        },
        "canaries": [asdict(c) for c in found],
        "canary_patterns": canaries.patterns(found),
    }
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_deployment(path: Path, world: World, as_of: date) -> None:
    template = (resources.files("sample") / "data" / "deployment.yaml").read_text(encoding="utf-8")
    valid_until = as_of + timedelta(days=365)
    path.write_text(
        template.replace("@WORLD@", world.name).replace("@VALID_UNTIL@", str(valid_until)), encoding="utf-8"
    )
