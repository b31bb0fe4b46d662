"""The rows of one sheet of an Excel workbook, as they stand in its XML (ECMA-376, 18.3): a third of openpyxl's time a cell.

What a number format, a shared text and a date mean is openpyxl's to say; memory grows with the distinct texts, not with the rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.utils.datetime import from_excel, from_ISO8601

Row = tuple[object, ...]
_PIECE = 1 << 16
_COLUMNS = 16_384  # that a sheet can have


class Workbook:
    """The sheets of an open workbook by name, in their order; none is looked at before it is asked for.

    Raises ValueError, KeyError and what ``zipfile`` raises where it is none.
    """

    def __init__(self, stream: BinaryIO) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions it drops
                reader = _opened(stream)
            self._reader = reader
            self._sheets = {
                sheet.name: rel.target
                for sheet, rel in reader.parser.find_sheets()
                if rel.target in reader.valid_files and "chartsheet" not in rel.Type
            }
        except (TypeError, AttributeError, RuntimeError, OverflowError):  # of openpyxl, by where a part fails it
            raise ValueError("no workbook") from None

    @property
    def names(self) -> list[str]:
        """The sheets' names."""
        return list(self._sheets)

    def rows(self, name: str, first: int) -> Iterator[Row]:
        """The rows of a sheet from row ``first`` (from 1) on, each as long as its last cell; of rows that are not there at most the first.

        Raises ValueError, KeyError and expat's error where the sheet is none.
        """
        book = _Book(self._reader)
        with self._reader.archive.open(self._sheets[name]) as source:
            due = first
            for number, row in _Rows(book).of(source):
                if number < due:
                    continue  # before the header, or out of order
                if number > first == due:
                    yield ()
                due = number + 1
                yield row


def _opened(stream: BinaryIO) -> Any:
    reader: Any = ExcelReader(stream, read_only=True, data_only=True, keep_links=False)  # type: ignore[no-untyped-call]
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)  # type: ignore[no-untyped-call]
    return reader


class _Book:
    """What the cells of a workbook refer to."""

    def __init__(self, reader: Any) -> None:
        self.texts = reader.shared_strings
        self.epoch = reader.wb.epoch
        self.dates = reader.wb._date_formats  # noqa: SLF001  openpyxl gives it no other name
        self.durations = reader.wb._timedelta_formats  # noqa: SLF001  as above

    def value(self, kind: str, style: int, text: str) -> object:
        """The value of a cell of this type and number format."""
        if kind == "n":
            number = float(text) if "." in text or "E" in text or "e" in text else int(text)
            return self._date(number, style) if style in self.dates else number
        if kind == "s":
            return self.texts[int(text)]
        if kind == "b":
            return bool(int(text))
        return from_ISO8601(text) if kind == "d" else text  # type: ignore[no-untyped-call]

    def _date(self, serial: float, style: int) -> object:
        try:
            return from_excel(serial, self.epoch, timedelta=style in self.durations)  # type: ignore[no-untyped-call]
        except (OverflowError, ValueError):
            return "#VALUE!"


class _Rows:
    """A sheet's XML, event by event, and the rows that are whole."""

    def __init__(self, book: _Book) -> None:
        self._book = book
        self._whole: list[tuple[int, Row]] = []
        self._path: list[str] = []
        self._number = self._column = 0
        self._row: list[object] = []
        self._kind, self._style = "n", 0
        self._value: list[str] | None = None
        self._plain: list[str] = []
        self._runs: list[str] = []
        self._target: list[str] | None = None

    def of(self, source: Any) -> Iterator[tuple[int, Row]]:
        """Number and cells of each row."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _refuse
        while piece := source.read(_PIECE):
            parser.Parse(piece)
            whole, self._whole = self._whole, []
            yield from whole
        parser.Parse(b"", True)
        yield from self._whole

    def _start(self, tag: str, said: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        path = self._path
        path.append(name)
        if name == "c" and path[-2] == "row":
            self._begin_cell(said)
        elif name == "row":
            self._begin_row(said)
        elif name == "v" and path[-2] == "c" and self._value is None:
            self._target = self._value = []
        elif name == "t":
            self._target = self._plain if path[-2] == "is" else self._runs if path[-3:-1] == ["is", "r"] else None

    def _begin_row(self, said: dict[str, str]) -> None:
        number = float(said.get("r", self._number + 1))
        if not number.is_integer():
            raise ValueError("a row without a number")
        self._number, self._column, self._row = int(number), 0, []

    def _begin_cell(self, said: dict[str, str]) -> None:
        at = said.get("r")
        self._column = coordinate_to_tuple(at)[1] if at else self._column + 1  # type: ignore[no-untyped-call]
        if self._column > _COLUMNS:
            raise ValueError("a cell beyond the last column")
        self._kind, self._style = said.get("t", "n"), int(said.get("s") or 0)
        self._value, self._plain, self._runs = None, [], []

    def _text(self, text: str) -> None:
        if self._target is not None:
            self._target.append(text)

    def _end(self, _tag: str) -> None:
        name = self._path.pop()
        if name in ("v", "t"):
            self._target = None
        elif name == "c" and self._path[-1] == "row":
            self._end_cell()
        elif name == "row":
            self._whole.append((self._number, tuple(self._row)))

    def _end_cell(self) -> None:
        row, column = self._row, self._column
        while len(row) < column:
            row.append(None)
        if self._kind == "inlineStr":
            row[column - 1] = "".join(self._plain + self._runs) or None
        elif text := "".join(self._value or ()):
            row[column - 1] = self._book.value(self._kind, self._style, text)


def _refuse(*_: object) -> None:
    raise ValueError("a sheet declares no document type")
