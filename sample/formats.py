"""Writers of the formats lenders export, a block at a time: the same rows give the same bytes."""

from __future__ import annotations

import csv
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq

from sample.rows import Cells


class Writer(Protocol):
    """Takes rows, each with its flaw ('' for a good one), and is closed once."""

    def add(self, cells: list[Cells], flaws: list[str], /) -> None: ...
    def close(self) -> None: ...


class Csv:
    """Delimited text in any encoding."""

    def __init__(self, path: Path, header: list[str], *, encoding: str = "utf-8", delimiter: str = ",") -> None:
        self._file = path.open("w", encoding=encoding, newline="")
        self._csv = csv.writer(self._file, delimiter=delimiter, lineterminator="\n")
        self._csv.writerow(header)

    def add(self, cells: list[Cells], flaws: list[str], /) -> None:
        self._csv.writerows(row[:-2] if flaw == "ragged" else row for row, flaw in zip(cells, flaws, strict=True))

    def close(self) -> None:
        self._file.close()


class JsonLines:
    """One JSON object a line, made from a row by ``render``."""

    def __init__(self, path: Path, render: Callable[[Cells], str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._render = render

    def add(self, cells: list[Cells], flaws: list[str], /) -> None:
        for row, flaw in zip(cells, flaws, strict=True):
            line = self._render(row)
            self._file.write((line[: len(line) // 2] if flaw == "not_json" else line) + "\n")

    def close(self) -> None:
        self._file.close()


class Parquet:
    """A Parquet file of one row group a block."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def add(self, cells: list[Cells], _flaws: list[str], /) -> None:
        columns: list[tuple[Any, ...]] = list(zip(*cells, strict=True)) or [()] * len(self._schema)
        arrays = [pa.array(list(c), f.type) for c, f in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


class Sqlite:
    """One table in an SQLite file."""

    def __init__(self, path: Path, table: str, columns: dict[str, str]) -> None:
        path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(path)
        self._connection.execute(f"CREATE TABLE {table} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
        self._insert = f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608  # names are ours

    def add(self, cells: list[Cells], _flaws: list[str], /) -> None:
        self._connection.executemany(self._insert, cells)
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()


_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # Excel's serials have no zone
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>'
    '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


class Xlsx:
    """An Excel workbook of one sheet. openpyxl stamps the time of writing into the file; this writes the same bytes."""

    def __init__(self, path: Path, sheet: str, header: list[str]) -> None:
        self._zip = zipfile.ZipFile(path, "w")
        workbook = f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/>'
        for name, xml in {**_PARTS, "xl/workbook.xml": f"{workbook}</sheets></workbook>"}.items():
            self._zip.writestr(_entry(name), _XML + xml)
        self._sheet = self._zip.open(_entry("xl/worksheets/sheet1.xml"), "w")
        self._sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        self.add([list(header)], [""])

    def add(self, cells: list[Cells], _flaws: list[str], /) -> None:
        self._sheet.write("".join(f"<row>{''.join(map(_cell, row))}</row>" for row in cells).encode())

    def close(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._zip.close()


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f'<c s="1"><v>{(value - _EPOCH).total_seconds() / 86_400:.10f}</v></c>'
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>' if value not in ("", None) else "<c/>"
