"""Why a candidate stands where it stands, in codes: the closed list. The words stand at the edge, one text a code."""

from __future__ import annotations

from enum import StrEnum

# What a reason must have cost or gained the score to be named (log-odds): half a unit turns even odds into 62 : 38.
TELLING = 0.5


class RankReason(StrEnum):
    """A code of the column ``reasons``; those of ``COUNTED`` are followed by ``:n``, ``SEEN_BY`` by ``:<kind of source>``."""

    SEEN_BY = "seen_by"  # the kind of source of the newest record
    ORIGINS = "origins"  # how many distinct records stand behind it
    NEWER_EXISTS = "newer_exists"  # another contact of this kind was recorded later, and that costs it
    OTHERS_EXIST = "others_exist"  # other contacts of this kind, declared or recorded and none of them newer, cost it
    REACHED_BEFORE = "reached_before"
    FAILED_BEFORE = "failed_before"
    SHARED = "shared"  # other people have it too, or had it later
    PICKUP_POINT = "pickup_point"
    OFFICE = "office"
    REGION_AGREES = "region_agrees"
    REGION_DISAGREES = "region_disagrees"
    REGION_SHARE = "region_share"  # percent of the activity


COUNTED = frozenset({RankReason.ORIGINS, RankReason.REGION_SHARE})
