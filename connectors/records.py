"""Delimited text to records (RFC 4180), carefully: one bad row costs one row, never the rows after it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connectors.block import Fault
from connectors.text import MARK
from core.reasons import Reason

# A physical line longer than this (a chat of a million Hanzi fits) is no row of a person's data; it is counted and skipped.
MAX_LINE = 4 << 20
# A quoted value that is still open after this many characters was opened by a stray quotation mark.
MAX_RECORD = 4 << 20

_EXCEL_TEXT = re.compile(r'="([^"]*)"')


@dataclass(slots=True)
class Records:
    """Records of ``width`` fields, their row numbers, the faults, and the text of an unfinished last record."""

    width: int
    fields: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rest: str = ""

    def add(self, fields: list[str] | None, number: int, text: str) -> None:
        if fields is not None and len(fields) == self.width:
            self.fields.append(fields)
            self.numbers.append(number)
        else:
            self.faults.append(Fault(number, Reason.BAD_ENCODING if MARK in text else Reason.RAGGED_ROW))


class Splitter:
    """Splits text at one delimiter, with or without quoting."""

    def __init__(self, delimiter: str, *, is_quoted: bool = True) -> None:
        self.delimiter = delimiter
        self.is_quoted = is_quoted
        d = re.escape(delimiter)
        # A quoted field (possessive: a megabyte of text must not be backtracked), or a bare one, and what ends it.
        self._field = re.compile(rf'(?:"((?:[^"]++|"")*+)"|((?!")[^{d}\n]*))({d}|\r?\n|\r?\Z)')
        self._opened = re.compile(r'"(?:[^"]++|"")*+')

    def split(self, text: str, *, width: int, first: int, is_final: bool) -> Records:
        """All records of the text, numbered from ``first``; blank lines are no rows. Text begins at a record."""
        out = Records(width)
        at, number = 0, first
        while at < len(text):
            end = text.find("\n", at)
            if end < 0 and not is_final:
                break
            end = len(text) if end < 0 else end
            if not text[at:end].rstrip("\r"):
                at = end + 1
                continue
            if end - at > MAX_LINE:
                out.faults.append(Fault(number, Reason.LINE_TOO_LONG))
            else:
                fields, after = self.record(text, at, end, is_final=is_final)
                if after is None and not is_final and len(text) - at <= MAX_RECORD:
                    break
                end = end if after is None else after
                out.add(fields, number, text[at:end])
            at, number = end + 1, number + 1
        out.rest = text[at:]
        return out

    def record(self, text: str, at: int, end: int, *, is_final: bool = True) -> tuple[list[str] | None, int | None]:
        """The record at ``at`` whose first line ends at ``end``, and where it ends: None where the text ends before it.

        (None, end) for a record with a misplaced quotation mark, which costs its first line only.
        """
        line = text[at:end].rstrip("\r")
        if not self.is_quoted or '"' not in line:
            return line.split(self.delimiter), end
        fields: list[str] = []
        while match := self._field.match(text, at):
            quoted, bare, stop = match.groups()
            fields.append(_unarmoured(quoted.replace('""', '"') if quoted is not None else _bare(bare, stop)))
            at = match.end()
            if stop != self.delimiter:
                ends_here = at - 1 if stop.endswith("\n") else at if is_final else None
                return (None if ends_here is None else fields), ends_here
        opened = self._opened.match(text, at)
        return None, None if opened and opened.end() == len(text) else end


def _bare(value: str, stop: str) -> str:
    return value.removesuffix("\r") if stop == "\n" else value


def _unarmoured(value: str) -> str:
    """The value inside ``="138"``, which is how some systems keep Excel from eating leading zeros."""
    match = _EXCEL_TEXT.fullmatch(value)
    return match[1] if match else value
