"""Excel workbooks (.xlsx), read row by row; formulas by the value Excel last computed."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO
from xml.parsers.expat import ExpatError

from openpyxl.utils.exceptions import InvalidFileException

from connectors import archive, block, files, text
from connectors.block import Block, Fault
from connectors.files import File
from connectors.request import Request
from connectors.sheet import Row, Workbook
from core.reasons import Reason

_OLE = b"\xd0\xcf\x11\xe0"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, InvalidFileException, ExpatError, SyntaxError, KeyError, IndexError, ValueError,
)  # fmt: skip


class Excel:
    """One sheet of each workbook. Memory grows with the distinct texts of the workbook, not with its rows."""

    name = "excel"
    options: Mapping[str, str] = {
        "sheet": "the sheet's name, or its number from 1; the first where it is not given",
        "header_row": "the row with the column names, from 1; the first where it is not given",
        **files.OPTIONS,
    }

    def read(self, request: Request) -> Iterator[Block]:
        return files.read(request, _of_file)


TRANSPORTS = (Excel(),)


def _of_file(file: File, request: Request) -> Iterator[Block]:
    with file.open() as stream:
        yield from _blocks(file, request, _rows(file, request, stream))


def _rows(file: File, request: Request, stream: BinaryIO) -> Iterator[Row]:
    """The sheet's rows from the header on, whatever size the workbook claims to have."""
    start = stream.read(4)
    stream.seek(0)
    if start == _OLE:
        raise request.unusable(f"{file.name} is an old .xls or has a password: save it as .xlsx without one")
    header_row = request.option("header_row", int, 1)
    try:
        archive.check_parts(stream, files.bounds_of(request))
        workbook = Workbook(stream)
        yield from workbook.rows(_sheet(file, request, workbook.names), header_row)
    except _BROKEN:
        raise request.unusable(f"{file.name} is not a whole Excel workbook (.xlsx)") from None


def _sheet(file: File, request: Request, names: Sequence[str]) -> str:
    wanted = request.option("sheet", (str, int), 1)
    if isinstance(wanted, int) and 1 <= wanted <= len(names):
        return names[wanted - 1]
    if wanted in names:
        return str(wanted)
    raise request.unusable(f"{file.name} has no sheet {wanted!r}; sheets there: {', '.join(names)}")


def _blocks(file: File, request: Request, rows: Iterator[Row]) -> Iterator[Block]:
    header = [str(text.of_value(cell) or "").strip() for cell in next(rows, ())]
    if not any(header):
        raise request.unusable(f"{file.name} is empty: it has not even a header")
    request.require(header, file.name)
    filled = (row for row in rows if any(cell not in (None, "") for cell in row))
    first = 1
    while batch := list(islice(filled, request.batch_rows)):
        yield _block(file, request, header, batch, first)
        first += len(batch)


def _block(file: File, request: Request, header: Sequence[str], rows: Sequence[Row], first: int) -> Block:
    """Short rows are ordinary (Excel stores no empty cells); a value beyond the header makes a row ragged."""
    width = len(header)
    is_ragged = [any(cell is not None for cell in row[width:]) for row in rows]
    faults = [Fault(first + i, Reason.RAGGED_ROW) for i, bad in enumerate(is_ragged) if bad]
    kept = [row for row, bad in zip(rows, is_ragged, strict=True) if not bad]
    numbers = [first + i for i, bad in enumerate(is_ragged) if not bad]
    columns = {}
    for name in request.columns([name for name in header if name]):
        at = header.index(name)
        columns[name] = [text.of_cell(row[at]) if at < len(row) else None for row in kept]
    return block.of_values(file.name, columns, numbers, faults)
