"""Bytes of unknown encoding to valid UTF-8, in chunks; broken bytes become ``text.MARK`` so that only their row suffers."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain

import pyarrow as pa

from connectors.text import MARK, MARK_UTF8

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# GB18030 is a superset of the encodings that files from China are declared as.
_SUPERSETS = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "utf-8-sig": "utf-8", "ascii": "utf-8"}
_SAMPLE = 1 << 18
_HIGH = re.compile(rb"[\x80-\xff]+")
# Not in code page 1252, or in no word of a Western language.
_NO_WESTERN_TEXT = frozenset(b"\x81\x8d\x8f\x90\x9d\xd7\xf7\xfe\xff")

_ORDERS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


def canonical(name: str) -> str:
    """The codec for a declared encoding. Raises LookupError for a name Python does not know, or that is no encoding of files."""
    try:
        codec = codecs.lookup(name)
        if not codec._is_text_encoding:  # noqa: SLF001  base64, gzip: bytes of bytes; Python says it nowhere else
            raise LookupError(name)
        found = codec.name
        codecs.getincrementaldecoder(found)("replace_by_mark").decode(b"")
    except (ValueError, TypeError):  # a way to write host names, not files
        raise LookupError(name) from None
    return _SUPERSETS.get(found, found)


def detect(chunks: Iterator[bytes]) -> str:
    """The likely encoding: by its BOM, by NULs (UTF-16), else by the first chunk that is not plain ASCII."""
    first = next(chunks, b"")
    for bom, name in _BOMS:
        if first.startswith(bom):
            return name
    if wide := _utf_16(first[:_SAMPLE]):
        return wide
    chunk: bytes | None = first
    while chunk is not None and chunk.isascii():
        chunk = next(chunks, None)
    return "utf-8" if chunk is None else _of_telling(_around_non_ascii(chunk))


def _utf_16(sample: bytes) -> str | None:
    """Half of ASCII text in UTF-16 is NUL, on one side of each pair; line ends and delimiters alone make a tenth."""
    half = len(sample) // 2
    if half and sample[1::2].count(0) > half / 10 and not sample[::2].count(0):
        return "utf-16-le"
    if half and sample[::2].count(0) > half / 10 and not sample[1::2].count(0):
        return "utf-16-be"
    return None


def _around_non_ascii(chunk: bytes) -> bytes:
    start = next(i for i in range(0, len(chunk), 4096) if not chunk[i : i + 4096].isascii())
    return chunk[chunk.rfind(b"\n", 0, start) + 1 :][:_SAMPLE]


def _of_telling(sample: bytes) -> str:
    """UTF-8, unless most of what is not ASCII is no UTF-8; then Western or Chinese by how the high bytes stand."""
    text = sample.decode("utf-8", "replace_by_mark")
    wrong = text.count(MARK)
    right = sum(not c.isascii() for c in text) - wrong
    if right >= wrong:
        return "utf-8"
    if not _high_bytes_stand_alone(sample):
        return "gb18030"
    # One stray byte in a file of ASCII is a broken byte, unless it can be a letter.
    return "utf-8" if set(sample) & _NO_WESTERN_TEXT else "cp1252"


def _high_bytes_stand_alone(sample: bytes) -> bool:
    """Accents in Western text (José) come one by one between letters; Hanzi come as two bytes, mostly both high."""
    runs = _HIGH.findall(sample)
    return sum(len(run) == 1 for run in runs) * 2 > len(runs)


def utf_8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The same text as valid UTF-8 chunks without BOM, cut at whole characters; broken bytes and NULs as MARK."""
    stream = _checked(chunks) if encoding == "utf-8" else _transcoded(chunks, encoding)
    first = True
    for chunk in stream:
        data = chunk.removeprefix(codecs.BOM_UTF8) if first else chunk
        first = first and not chunk
        if data:  # none yet of a piece that ends inside a character
            yield data.replace(b"\0", MARK_UTF8) if b"\0" in data else data


def _transcoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    first = next(chunks, b"")
    decoder = codecs.getincrementaldecoder(_with_order(encoding, first))("replace_by_mark")
    for chunk in chain([first], chunks):
        yield _whole_characters(decoder.decode(chunk))
    yield _whole_characters(decoder.decode(b"", final=True))


def _whole_characters(text: str) -> bytes:
    """UTF-8 of a text; half a character (UTF-7 and escapes can write one) becomes MARK."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace_by_mark").encode()


def _with_order(encoding: str, first: bytes) -> str:
    """UTF-16 and UTF-32 that begin without a mark of their byte order: as Windows writes them, where the text does not tell."""
    if encoding not in ("utf-16", "utf-32") or first.startswith(_ORDERS[encoding]):
        return encoding
    return (_utf_16(first[:_SAMPLE]) if encoding == "utf-16" else None) or f"{encoding}-le"


def _checked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    tail = b""
    for chunk in chunks:
        data = tail + chunk
        cut = _whole(data)
        tail = data[cut:]
        yield _valid(data[:cut])
    yield _valid(tail)


def _whole(data: bytes) -> int:
    """Where the last character begins, if it is cut off; else the end."""
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte >= 0xC0:
            needs = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if needs > back else len(data)
        if byte < 0x80:
            break
    return len(data)


def _valid(data: bytes) -> bytes:
    """The data, checked by Arrow at memory speed; decoded the slow way only where that fails."""
    try:
        pa.array([data], pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return data.decode("utf-8", "replace_by_mark").encode()
    return data
