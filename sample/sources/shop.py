"""The lender's own shop: what was ordered, by whose account, for whom and where to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sample.places import HAND, Places, detail, parts, region, street, text
from sample.places import Style as Written
from sample.population import Population
from sample.rows import Rows, Whose, known, mistype, moments, pick, receiver, rows, spaced, tails, written_phones
from sample.timeline import GONE, events
from sample.vocabulary import Bools, Ints
from sample.world import World

HEADER = ["交易号", "会员编码", "实名", "证件后四位", "收件人", "联系方式", "所在地区", "详细地址", "支付时间"]
WINDOW_DAYS = 730
_STALE_USE = 0.85  # of the orders of an account with a stale default: go to the default
_LATE_DAYS = 40  # so long after a change one order in seven still shows the old value


@dataclass
class Orders:
    """What was ordered, before anybody writes it down; the courier repeats it."""

    account: Ints
    day: Ints
    whose: Ints
    name: list[str]
    male: Bools
    phone: Ints
    place: Ints

    def __getitem__(self, index: Ints) -> Orders:
        name = pick(self.name, index)
        at = {k: getattr(self, k)[index] for k in ("account", "day", "whose", "male", "phone", "place")}
        return Orders(name=name, **at)


def orders(people: Population, rng: np.random.Generator) -> Orders:
    """Every order of the last two years."""
    world = people.world
    has_account = (rng.random(people.size) < world.shop_accounts) | (np.arange(people.size) < people.canaries)
    account = np.flatnonzero(has_account)
    window = min(WINDOW_DAYS, people.days)
    rate = np.where(account < people.canaries, 4.0, world.orders_a_year) * window / 365
    who, day, _ = events(rng, account, rate, window)
    seen = _contact_day(people, rng, who, day)
    phone, place = people.phone_at(who, seen), people.home_at(who, seen)
    there = (phone != GONE) & (place != GONE) & (people.home_at(who, day) != GONE)
    who, day, seen, phone, place = who[there], day[there], seen[there], phone[there], place[there]
    return _destinations(people, rng, who, day, phone, place)


def _contact_day(people: Population, rng: np.random.Generator, who: Ints, day: Ints) -> Ints:
    """The day whose number and home an order shows: the account's first one, a few weeks ago, or today."""
    world = people.world
    opened = rng.integers(-people.days, -people.days // 3, people.size)
    is_stale = rng.random(people.size) < world.stale_defaults
    uses_default = is_stale[who] & (rng.random(len(who)) < _STALE_USE)
    late = np.where(rng.random(len(who)) < 1 / 7, np.maximum(day - _LATE_DAYS, -people.days), day)
    return np.where(uses_default, np.minimum(opened[who], day), late)


def _destinations(
    people: Population, rng: np.random.Generator, who: Ints, day: Ints, phone: Ints, place: Ints
) -> Orders:
    world, n = people.world, len(who)
    draw = rng.random(n)
    gift, office = draw < world.gifts, (draw >= world.gifts) & (draw < world.gifts + world.offices)
    own_kind = np.where(office, Whose.OFFICE, Whose.SELF)
    pickup = (own_kind == Whose.SELF) & ~gift & (rng.random(n) < world.pickup_points)
    whose = np.where(gift, Whose.GIFT, np.where(pickup, Whose.PICKUP, own_kind))
    friend = rng.integers(0, people.size, n)
    to_friend = gift & (rng.random(n) < 0.4) & (people.phone_at(friend, day) != GONE)
    to_friend &= (people.home_at(friend, day) != GONE) & (friend != who) & (friend >= people.canaries)
    near = gift & ~to_friend
    whose = np.where(near, Whose.RELATIVE, whose)
    phone = np.where(near, people.relation_phone[who], np.where(to_friend, people.phone_at(friend, day), phone))
    home = np.where(near, people.relation_place[who], np.where(to_friend, people.home_at(friend, day), place))
    home = np.where(office, people.office[who], home)
    points = people.places.pickups(home[pickup])
    home[pickup] = points
    names = [
        people.relation_name[w] if r else people.name[f] if g else people.name[w]
        for w, f, g, r in zip(who.tolist(), friend.tolist(), to_friend.tolist(), near.tolist(), strict=True)
    ]
    male = np.where(near, rng.random(n) < 0.5, np.where(to_friend, people.male[friend], people.male[who]))
    return Orders(who, day, whose, names, male, phone, home)


def write(people: Population, rng: np.random.Generator, sold: Orders, first: int) -> Rows:
    """The orders as the shop's export shows them."""
    world, n = people.world, len(sold.account)
    record = [f"T{first + i:010d}" for i in range(n)]
    phone, wrong = mistype(rng, sold.phone, world.typos)
    masked = rng.random(n) < world.masked_phones
    where_to = _columns(rng, people.places, sold.place)
    cells = [
        list(row)
        for row in zip(
            record,
            [f"V{int(c[2:]) * 7 + 31:07d}" for c in pick(people.customer_no, sold.account)],
            known(rng, pick(people.name, sold.account), world.missing_ids / 3),
            known(rng, tails(pick(people.id_number, sold.account)), world.missing_ids),
            receiver(rng, sold.name, sold.male, masked=world.masked_names),
            written_phones(rng, phone, masked),
            [r for r, _ in where_to],
            [d for _, d in where_to],
            spaced(moments(people, rng, sold.day)),
            strict=True,
        )
    ]
    whose = np.where(wrong & (sold.whose == Whose.SELF), Whose.GARBLED, sold.whose)
    shown = np.where(wrong | masked, GONE, sold.phone)
    return rows("shop", cells, record, sold.account, sold.day, whose=whose, phone=shown, place=sold.place)


def _columns(rng: np.random.Generator, places: Places, ids: Ints) -> list[tuple[str, str]]:
    """Region and the rest in two columns; some people type the region again into the second."""
    styles = rng.choice(len(HAND), len(ids), p=HAND).tolist()
    again = (rng.random(len(ids)) < 0.06).tolist()
    out = []
    for p, s, twice in zip(parts(places, ids), styles, again, strict=True):
        style = Written(s)
        named = (
            " ".join(x for x in (p.province, p.city, p.district) if x) if style is Written.SPACED else region(p, style)
        )
        out.append((named, text(p, style) if twice else street(p, style) + detail(p, style)))
    return out


def copies(world: World, rng: np.random.Generator, sold: Orders) -> tuple[Orders, Ints]:
    """The orders the courier repeats, each some days to months later; and which order each one repeats."""
    n = len(sold.account)
    times = np.where(rng.random(n) < world.copied, 1 + rng.poisson(max(world.copies_per_order - 1, 0), n), 0)
    index = np.repeat(np.arange(n), times)
    later = sold.day[index] + 1 + rng.exponential(45 * world.copies_per_order, len(index)).astype(np.int64)
    past = later < 0
    return replace(sold[index[past]], day=later[past]), index[past]
