# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lists as text: in any encoding and with any separator that programs use."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import islice

SEPARATORS = (";", ",", "\t", "|")
# A cell of several lines is at most so long; a quote left open ends with its line.
MAX_CELL_LINES = 50
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)

# The line where a record begins, and its cells.
Record = tuple[int, list[str]]


def encoding(content: bytes) -> str:
    """The encoding of a text.

    Spreadsheets in Brazil write UTF-8, with or without a mark, Windows-1252, or UTF-16
    as "Unicode text".
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    head = content[:4096]
    if head.count(0) * 3 > len(head):
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def lines(content: bytes) -> Iterator[str]:
    """The lines of a text without their ends; bytes of no character are replaced."""
    stream = io.TextIOWrapper(
        io.BytesIO(content), encoding(content), errors="replace", newline=None
    )
    return (line.rstrip("\n") for line in stream)


def announced_separator(first: str) -> str | None:
    """The separator that a first line ``sep=;`` names, as Excel writes it."""
    found = _SEPARATOR_LINE.fullmatch(first.strip())
    return found.group(1) if found else None


def records(content: bytes, separator: str | None, width: int = 0) -> Iterator[Record]:
    """The records of a text, each with the number of its first line.

    A quote that is opened and not closed ends with its line, so that it swallows no
    other record.

    :param separator: one character, or None for a single column
    :param width: how many columns there are, if known
    """
    left = enumerate(lines(content), start=1)
    ahead: list[tuple[int, str]] = []
    while True:
        if not ahead:
            ahead += islice(left, 1)
        if not ahead:
            return
        number, line = ahead.pop(0)
        if number == 1 and announced_separator(line):
            continue
        if separator is None:
            yield number, [line.strip('" ')]
            continue
        if '"' not in line:
            yield number, line.split(separator)
            continue
        cells = _strict([line], separator)
        if not cells:
            ahead += islice(left, MAX_CELL_LINES - len(ahead))
            following = [one for _number, one in ahead[: MAX_CELL_LINES - 1]]
            cells, used = _over_lines([line, *following], separator, width)
            del ahead[: used - 1]
        yield number, cells


def _over_lines(some: list[str], separator: str, width: int) -> tuple[list[str], int]:
    """The record that begins with the first of these lines, and how many it takes."""
    alone = _loose(some[0], separator)
    for used in range(2, len(some) + 1):
        cells = _strict(some[:used], separator)
        if cells is None:
            continue
        if not cells:
            break
        # Lines that are whole records by themselves are no parts of a cell.
        whole = all(len(_loose(line, separator)) == width for line in some[:used])
        if whole or (width and len(cells) > max(width, len(alone))):
            break
        return cells, used
    return alone, 1


def _strict(some: Iterable[str], separator: str) -> list[str] | None:
    """The cells of lines that are one record with closed quotes.

    None when a quote is still open, an empty list when no more lines can mend it.
    """
    text = "\n".join(some)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        found = list(islice(reader, 2))
    except csv.Error as error:
        return None if str(error) == "unexpected end of data" else []
    return found[0] if len(found) == 1 else []


def _loose(line: str, separator: str) -> list[str]:
    """The cells of a line whose quotes do not fit."""
    return [cell.strip().strip('"') for cell in line.split(separator)]
