# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The table in a file: which sheet, which separator, which line is the heading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from . import text_file
from .cells import text, without_control
from .columns import PHONE, SURE, understood
from .errors import ListFileError
from .workbook import MAX_BLANK_ROWS, workbook

# The heading stands in one of the first rows, below a title perhaps.
HEADING_ROWS = 20
SAMPLE_ROWS = 50


class Line(NamedTuple):
    """One row of a table: its number in the file, and what its cells say."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table found in a file.

    ``kind`` is the format (``csv``, ``xlsx``, ``xls``, ``ods``, ``xml``, ``html``),
    ``sheet`` the name of its sheet, if it has one, ``heading_row`` the number of the
    row with the headings, 0 without any; ``headings`` are as written.
    """

    kind: str
    sheet: str
    heading_row: int
    headings: tuple[str, ...]
    score: int
    _source: Callable[[], Iterator[Line]] = field(repr=False, compare=False)

    @property
    def width(self) -> int:
        """How many columns the table has."""
        if self.headings:
            return len(self.headings)
        return max((len(line.cells) for line in self.sample), default=0)

    def lines(self, after: int = 0) -> Iterator[Line]:
        """The rows below the heading, read as they are needed.

        Empty rows are rows like others; only those at the end are none.

        :param after: only rows with a higher number
        :raises ListFileError: ``unreadable`` when the file is damaged further down
        """
        start = max(after, self.heading_row)
        blank: list[Line] = []
        for line in _guarded(self._source(), self.kind):
            if line.number <= start:
                continue
            if not any(line.cells):
                blank.append(line)
                continue
            yield from blank[:MAX_BLANK_ROWS]
            blank.clear()
            yield line

    @cached_property
    def sample(self) -> list[Line]:
        """The first rows below the heading that say anything."""
        found = (line for line in self.lines() if any(line.cells))
        return list(islice(found, SAMPLE_ROWS))


def read_table(content: bytes, sheet: str | None = None) -> Table:
    """The table of a list.

    :param content: the file; its name says nothing about its format
    :param sheet: the sheet to read; without it, the one with the best headings
    :raises ListFileError: there is none
    """
    found = tables(content)
    if sheet is None:
        return max(found, key=lambda table: table.score)
    for table in found:
        if table.sheet == sheet:
            return table
    raise ListFileError("no_sheet", name=sheet)


def tables(content: bytes) -> list[Table]:
    """Every table in a file: one a sheet, in order.

    :raises ListFileError: the file is empty or cannot be read
    """
    if not content.strip():
        raise ListFileError("empty")
    book = workbook(content)
    if book is None:
        return [_text_table(content)]
    try:
        sheets = book.sheets()
    except Exception as error:  # noqa: BLE001 - damaged files raise almost anything
        raise ListFileError("unreadable", kind=book.kind) from error
    found = [
        _table(book.kind, sheet, lambda sheet=sheet: _lines(book.records(sheet)))
        for sheet in sheets
    ]
    if not any(one.headings or one.sample for one in found):
        raise ListFileError("empty")
    return found


def _text_table(content: bytes) -> Table:
    """The table in a text; its separator is the one that gives the best headings."""
    first = next(text_file.lines(content), "")
    announced = text_file.announced_separator(first)
    head = list(islice(text_file.lines(content), HEADING_ROWS))
    found = []
    for separator in (announced,) if announced else text_file.SEPARATORS:
        if not any(separator in line for line in head):
            continue
        table = _table("csv", "", _text_source(content, separator))
        # The width tells rows with an open quote from cells of several lines.
        source = _text_source(content, separator, len(table.headings))
        found.append(_table("csv", "", source))
    whole = _table("csv", "", _text_source(content, None))
    best = max(found, key=lambda one: (one.score, _regularity(one)), default=whole)
    return whole if whole.headings and whole.score >= best.score else best


def _text_source(content: bytes, separator: str | None, width: int = 0):
    return lambda: _lines(text_file.records(content, separator, width))


def _regularity(table: Table) -> int:
    """How many of the first rows have the width that most of them have, times that."""
    widths = [len(line.cells) for line in table.sample]
    return max((widths.count(one) * (one - 1) for one in set(widths)), default=0)


def _lines(records) -> Iterator[Line]:
    for number, values in records:
        yield Line(number, tuple(without_control(text(value)) for value in values))


def _guarded(lines: Iterator[Line], kind: str) -> Iterator[Line]:
    try:
        yield from lines
    except ListFileError:
        raise
    except Exception as error:  # noqa: BLE001 - damaged files raise almost anything
        raise ListFileError("unreadable", kind=kind) from error


def _table(kind: str, sheet: str, source: Callable[[], Iterator[Line]]) -> Table:
    best, row, headings = 0, 0, ()
    for line in islice(_guarded(source(), kind), HEADING_ROWS):
        score = _heading_score(line.cells)
        if score > best:
            best, row, headings = score, line.number, _without_tail(line.cells)
    return Table(kind, sheet, row, headings, best, source)


def _without_tail(cells: tuple[str, ...]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _heading_score(cells: tuple[str, ...]) -> int:
    """How much a row looks like headings; little when it names no numbers."""
    # What holds a number is no heading, whatever word stands beside it.
    if any(sum(map(str.isdecimal, cell)) >= 8 for cell in cells):
        return 0
    found = [understood(cell) for cell in cells if cell]
    if not any(meaning == PHONE for meaning, _sure in found):
        return min(sum(sure == SURE for _meaning, sure in found), 4)
    return sum(10 if sure == SURE else 4 for meaning, sure in found if meaning) + len(
        found
    )
