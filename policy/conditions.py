"""What can stand against using a signal, in the order in which it is asked. The first that holds decides.

A pack says for each condition which rule speaks, why, and with what terms. A condition that no rule in force answers is
answered by the pack's default rule: deny.
"""

from __future__ import annotations

from enum import StrEnum


class Condition(StrEnum):
    """Facts a rule may stand on. Every one but VALID_GRANT denies."""

    IMPACT_ASSESSMENT_MISSING = "impact_assessment_missing"
    IMPACT_ASSESSMENT_EXPIRED = "impact_assessment_expired"
    PURPOSE_UNKNOWN = "purpose_unknown"
    KIND_NOT_ALLOWED = "kind_not_allowed"
    SCOPE_UNKNOWN = "scope_unknown"
    SCOPE_OF_ANOTHER_KIND = "scope_of_another_kind"
    CLASS_NOT_COVERED = "class_not_covered"
    CASE_NOT_OPEN = "case_not_open"
    NOT_DATED = "not_dated"
    IN_THE_FUTURE = "in_the_future"
    TOO_OLD = "too_old"
    NO_SUBJECT_KEY = "no_subject_key"
    SUBJECT_CONFLICT = "subject_conflict"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    INCOMPLETE_GRANT = "incomplete_grant"
    OTHER_PURPOSE = "other_purpose"
    NO_GRANT = "no_grant"
    DEFAULT = "default"
    VALID_GRANT = "valid_grant"


# The order is the declaration's: what concerns the run, then the source, the case, the row, the subject's grant.
PRECEDENCE: tuple[Condition, ...] = tuple(Condition)
