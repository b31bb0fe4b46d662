"""What the doctor can say: codes, and findings with the facts that fill their texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class Code(StrEnum):
    """The closed list of what the doctor can say; docs/reference/doctor.md has the remedy of each."""

    CONFIG_OK = "config_ok"
    CONFIG_WRONG = "config_wrong"
    CONFIG_WRITABLE = "config_writable"
    SECRET_IN_FILE = "secret_in_file"  # noqa: S105 - a code, no password
    VERSIONS_OK = "versions_ok"
    PACKAGE_MISSING = "package_missing"
    PACKAGE_OLD = "package_old"
    KEYS_OK = "keys_ok"
    KEYS_NOT_YET = "keys_not_yet"
    KEYS_LOST = "keys_lost"
    KEYS_OPEN = "keys_open"
    KEYS_UNUSABLE = "keys_unusable"
    KEYS_UNREACHABLE = "keys_unreachable"
    KEYS_OTHER = "keys_other"
    STORE_OK = "store_ok"
    STORE_NOT_YET = "store_not_yet"
    STORE_URL = "store_url"
    STORE_UNREACHABLE = "store_unreachable"
    STORE_UNREADABLE = "store_unreadable"
    STORE_DAMAGED = "store_damaged"
    STORE_NEWER = "store_newer"
    STORE_BEHIND = "store_behind"
    STORE_SUPERUSER = "store_superuser"
    STORE_SERVER_OLD = "store_server_old"
    STORE_OPEN_LINE = "store_open_line"
    STORE_RIGHTS = "store_rights"
    STORE_STANDING = "store_standing"
    STORE_LOCKED = "store_locked"
    RUN_KILLED = "run_killed"
    RUN_LONG = "run_long"
    FOLDERS_OK = "folders_ok"
    FOLDER_UNWRITABLE = "folder_unwritable"
    OPEN_TO_OTHERS = "open_to_others"
    STAGE_UNREACHABLE = "stage_unreachable"
    DISK_OK = "disk_ok"
    DISK_LOW = "disk_low"
    DISK_SMALL = "disk_small"
    CLOCK_OK = "clock_ok"
    CLOCK_BEHIND = "clock_behind"
    CLOCK_SKEW = "clock_skew"
    ASSESSMENT_OK = "assessment_ok"
    ASSESSMENT_EXPIRED = "assessment_expired"
    ASSESSMENT_EXPIRING = "assessment_expiring"
    PURPOSE_UNKNOWN = "purpose_unknown"
    CALENDAR_OK = "calendar_ok"
    CALENDAR_ENDED = "calendar_ended"
    CALENDAR_ENDING = "calendar_ending"
    SOURCE_OK = "source_ok"
    SOURCE_WRONG = "source_wrong"
    SOURCE_DOUBTFUL = "source_doubtful"


def is_passing(code: Code) -> bool:
    """Whether this is worth another attempt by itself: something that does not answer now."""
    return code in {Code.STORE_UNREACHABLE, Code.STORE_LOCKED, Code.KEYS_UNREACHABLE}


def is_of_one_source(code: Code) -> bool:
    """Whether a run goes on without it."""
    return code is Code.SOURCE_WRONG


@dataclass(frozen=True, slots=True)
class Finding:
    """``area`` is what was looked at, ``about`` the file, source or package, ``facts`` fill the text. Never a value of a person."""

    area: str
    level: str
    code: Code
    about: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Area:
    """What is looked at; its findings are made here."""

    name: str

    def ok(self, code: Code, about: str = "", **facts: str | int) -> Finding:
        return Finding(self.name, "ok", code, about, facts)

    def warning(self, code: Code, about: str = "", **facts: str | int) -> Finding:
        return Finding(self.name, "warning", code, about, facts)

    def error(self, code: Code, about: str = "", **facts: str | int) -> Finding:
        return Finding(self.name, "error", code, about, facts)


def minute(at: datetime) -> str:
    """A moment as findings tell it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}Z"
