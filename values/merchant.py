"""Merchant category codes (ISO 18245) in groups coarse enough to say how people live where they shop, and no more.

Health, gambling, religion, politics, dating and legal trouble have no group of their own: they are ``other``, on purpose.
"""

from __future__ import annotations

import re
from bisect import bisect_right

import pyarrow as pa

from values import columns

OTHER = "other"

# first code, last code, group. Ranges do not overlap; a code in no range is ``other``.
TABLE: tuple[tuple[int, int, str], ...] = (
    (742, 742, OTHER),  # veterinary
    (763, 780, "services"),  # farming, landscaping
    (1520, 1799, "home"),  # building contractors
    (2741, 2842, "services"),  # printing, cleaning supplies
    (3000, 3350, "airline"),  # carriers by name
    (3351, 3441, "car_rental"),
    (3500, 3999, "lodging"),  # hotels by name
    (4011, 4011, "rail"),
    (4111, 4112, "rail"),  # commuter and passenger rail
    (4121, 4121, "taxi"),
    (4131, 4131, "bus"),
    (4214, 4215, "delivery"),  # movers, couriers
    (4225, 4225, "services"),  # storage
    (4411, 4457, "travel"),  # cruises, boats
    (4468, 4468, "travel"),  # marinas
    (4511, 4511, "airline"),
    (4582, 4582, "travel"),  # airports
    (4722, 4723, "travel"),  # agencies, tours
    (4784, 4784, "road"),  # tolls
    (4789, 4789, "taxi"),  # transport, not elsewhere classified
    (4812, 4816, "telecom"),
    (4821, 4821, "telecom"),  # telegraph
    (4829, 4829, "cash"),  # wire transfer
    (4899, 4899, "telecom"),  # cable, satellite
    (4900, 4900, "utilities"),
    (5013, 5111, "trade"),  # wholesale
    (5122, 5122, OTHER),  # drugs, wholesale
    (5131, 5199, "trade"),
    (5200, 5271, "home"),  # building supplies, hardware, nurseries
    (5300, 5399, "retail"),  # wholesale clubs, department and general stores
    (5411, 5411, "groceries"),
    (5422, 5499, "groceries"),  # butchers, bakeries, dairies, convenience stores
    (5511, 5533, "vehicle"),
    (5541, 5542, "fuel"),
    (5551, 5599, "vehicle"),
    (5611, 5699, "retail"),  # clothing, shoes
    (5712, 5719, "home"),
    (5722, 5722, "home"),  # appliances
    (5732, 5735, "retail"),  # electronics, music
    (5811, 5814, "restaurant"),
    (5815, 5818, "online"),  # digital goods
    (5912, 5912, "pharmacy"),
    (5921, 5921, "groceries"),  # off-licences
    (5931, 5931, "retail"),
    (5932, 5932, "retail"),
    (5933, 5933, OTHER),  # pawn shops
    (5935, 5937, "retail"),
    (5940, 5950, "retail"),
    (5960, 5969, "online"),  # direct marketing
    (5970, 5973, "retail"),
    (5975, 5976, OTHER),  # hearing aids, orthopaedic goods
    (5977, 5978, "retail"),
    (5983, 5983, "utilities"),  # fuel oil, bottled gas
    (5992, 5999, "retail"),
    (6010, 6011, "cash"),
    (6012, 6051, "finance"),
    (6211, 6211, "finance"),
    (6300, 6300, "finance"),
    (6513, 6513, "rent"),  # estate agents, rents
    (6540, 6540, "finance"),
    (7011, 7012, "lodging"),
    (7032, 7033, "lodging"),  # camps
    (7210, 7230, "services"),  # laundry, hairdressers
    (7251, 7251, "services"),
    (7278, 7278, "retail"),
    (7299, 7299, "services"),
    (7311, 7399, "services"),  # business services
    (7512, 7513, "car_rental"),
    (7519, 7519, "car_rental"),
    (7523, 7524, "road"),  # parking
    (7531, 7549, "vehicle"),  # repair, washing, towing
    (7622, 7699, "services"),  # repair
    (7829, 7841, "leisure"),  # films
    (7911, 7994, "leisure"),
    (7996, 7999, "leisure"),  # 7995 between them is gambling
    (8211, 8299, "education"),
    (8351, 8351, "education"),  # child care
    (8675, 8675, "vehicle"),  # motoring clubs
    (8699, 8699, OTHER),
    (8734, 8999, "services"),
    (9311, 9311, "government"),
    (9399, 9399, "government"),
    (9402, 9402, "government"),  # post
)
GROUPS = frozenset(group for _, _, group in TABLE) | {OTHER}

_FIRSTS = [first for first, _, _ in TABLE]
_CODE = re.compile(r"0*(\d{3,4})(?:\.0+)?")


def group(mcc: str) -> str:
    """The group of a code, ``other`` for one that is unknown, private, or not a code."""
    if not (m := _CODE.fullmatch(mcc.strip())):
        return OTHER
    code = int(m[1])
    first, last, name = TABLE[max(bisect_right(_FIRSTS, code) - 1, 0)]
    return name if first <= code <= last else OTHER


def groups(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The group of each code of a column, null where absent."""
    return columns.map_distinct(column, group)
