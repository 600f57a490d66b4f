# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rows of a list by what their columns mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .cells import is_error_value
from .columns import (
    AREA,
    COUNTRY_CODE,
    DATE,
    EMAIL,
    NAME,
    PHONE,
    REASON,
    REF,
    Mapping,
    meanings_of,
)
from .errors import ListFileError
from .table import Line, Table

MANY_DIGITS = 8
# Cells of numbers that lost their last digits: 4.79881E+10
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[Ee]\+?\d{1,2}")
_DECIMAL = re.compile(r"(\d{8,15})[.,]0{1,2}")
_BETWEEN_NUMBERS = re.compile(r"([/;,|\n]|\s(?:ou|e|or|y)\s)", re.IGNORECASE)
_PLACE_OF_AREA = re.compile(r"\D*0{0,2}(?:xx)?\s*\(?([1-9]\d)\)?(?:[.,]0+)?\D*", re.I)

ROUNDED, FAILED, EXTRA = "rounded", "failed", "extra"


class Note(NamedTuple):
    """Something about a row that a person should know.

    Codes: ``rounded``, a spreadsheet cut the last digits of a number; ``failed``, a
    cell only holds the error of its formula and counts as empty; ``extra``, the row has
    more cells than the table has columns. ``column`` is the number of the column, from
    0; ``text`` what stands there.
    """

    code: str
    column: int
    text: str


class Row(NamedTuple):
    """One row of a list.

    ``number`` is its number in the file, ``texts`` its texts by meaning, ``phones`` the
    texts with its numbers, area code included, for the reader of numbers; ``cells`` is
    all of it, as it stood.
    """

    number: int
    texts: dict[str, str]
    phones: tuple[str, ...]
    cells: tuple[str, ...]
    notes: tuple[Note, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the row says nothing at all."""
        return not any(self.cells)


def propose_mapping(table: Table, remembered: Mapping | None = None) -> Mapping:
    """What the columns of a table seem to mean, from headings and first rows.

    :param remembered: what a person said of a list with the same headings
    """
    if remembered and remembered.fingerprint == _fingerprint(table) != "":
        return Mapping(remembered.meanings, table.headings)
    columns = [
        [line.cells[at] for line in table.sample if at < len(line.cells)]
        for at in range(table.width)
    ]
    if not table.headings:
        return Mapping(_from_contents(columns))
    named = meanings_of(table.headings)
    meanings = [
        _confirmed(meaning, [cell for cell in cells if cell])
        for meaning, cells in zip(named, columns, strict=True)
    ]
    # Better a column of numbers without any than none.
    return Mapping(tuple(meanings if PHONE in meanings else named), table.headings)


def rows(table: Table, mapping: Mapping, after: int = 0) -> Iterator[Row]:
    """Every row below the heading, read as it is needed.

    :param after: only rows with a higher number
    :raises ListFileError: the mapping has no numbers, or was made for other columns
    """
    mapping.check()
    if len(mapping.meanings) != table.width:
        raise ListFileError("other_columns")
    areas = mapping.area_of()
    return (_row(line, mapping, areas) for line in table.lines(after))


def _fingerprint(table: Table) -> str:
    return Mapping((), table.headings).fingerprint


def _confirmed(meaning: str | None, cells: list[str]) -> str | None:
    """The meaning of a heading, unless what stands below it contradicts."""
    if not cells:
        return meaning
    numbers = sum(map(_has_number, cells))
    if meaning in (NAME, AREA) and numbers * 2 > len(cells):
        return PHONE
    if meaning == PHONE and not numbers and not any(map(_local_part, cells)):
        return None
    if meaning in (AREA, COUNTRY_CODE) and not any(
        re.fullmatch(r"\D*\d{1,4}(?:[.,]0+)?\D*", cell) for cell in cells
    ):
        return None
    return meaning


def _has_number(cell: str) -> bool:
    return sum(map(str.isdecimal, cell)) >= MANY_DIGITS or bool(_ROUNDED.search(cell))


def _local_part(cell: str) -> bool:
    return sum(map(str.isdecimal, cell)) >= 6


def _from_contents(columns: list[list[str]]) -> tuple[str | None, ...]:
    """What columns without headings hold: numbers, one of names, one of addresses."""
    meanings: list[str | None] = []
    for cells in columns:
        filled = [cell for cell in cells if cell]
        meaning = None
        if filled and sum(map(_has_number, filled)) * 2 > len(filled):
            meaning = PHONE
        elif any("@" in cell for cell in filled) and EMAIL not in meanings:
            meaning = EMAIL
        elif any(cell.strip("0123456789 ") for cell in filled) and NAME not in meanings:
            meaning = NAME
        meanings.append(meaning)
    return tuple(meanings)


def _row(line: Line, mapping: Mapping, areas: dict[int, int]) -> Row:
    width = len(mapping.meanings)
    notes = [
        Note(FAILED, at, cell)
        for at, cell in enumerate(line.cells)
        if is_error_value(cell)
    ]
    cells = ["" if is_error_value(cell) else cell for cell in line.cells]
    extra = [(at, cell) for at, cell in enumerate(cells[width:], start=width) if cell]
    notes += [Note(EXTRA, at, cell) for at, cell in extra]
    cells = (cells + [""] * width)[: max(width, len(cells))]
    country = next(iter(mapping.columns(COUNTRY_CODE)), None)
    phones = []
    for at in mapping.columns(PHONE):
        if _ROUNDED.fullmatch(cells[at]) and _is_rounded(cells[at]):
            notes.append(Note(ROUNDED, at, cells[at]))
        area = cells[areas[at]] if at in areas else ""
        phones.append(
            _whole_number(cells[at], area, "" if country is None else cells[country])
        )
    # A name with a separator in it moves the number beyond the last column.
    phones += [cell for _at, cell in extra if _has_number(cell)]
    texts = {
        meaning: cells[at]
        for meaning in (EMAIL, REF, REASON, DATE)
        for at in mapping.columns(meaning)
    }
    texts[NAME] = " ".join(filter(None, (cells[at] for at in mapping.columns(NAME))))
    return Row(
        line.number, texts, tuple(filter(None, phones)), line.cells, tuple(notes)
    )


def _is_rounded(cell: str) -> bool:
    mantissa, _e, exponent = re.split(r"([Ee])", cell)
    digits = re.sub(r"\D", "", mantissa)
    return len(digits) - 1 < int(exponent.lstrip("+"))


def _whole_number(cell: str, area: str, country_code: str) -> str:
    """The numbers of a cell with the area code that stands in a column of its own."""
    found = _DECIMAL.fullmatch(cell)
    cell = found.group(1) if found else cell
    place = _PLACE_OF_AREA.fullmatch(area)
    if place:
        parts = _BETWEEN_NUMBERS.split(cell)
        parts[::2] = [_with_area(part, place.group(1)) for part in parts[::2]]
        cell = "".join(parts)
    code = re.sub(r"\D|[.,]0+\Z", "", country_code).lstrip("0")
    digits = re.sub(r"\D", "", cell)
    if code and digits and "+" not in cell and not _has_code(digits, code):
        # A trunk zero is dialed at home only.
        cell = f"+{code} {cell.strip().lstrip('0')}"
    return cell


def _with_area(part: str, area: str) -> str:
    digits = re.sub(r"\D", "", part)
    return f"({area}) {part.strip()}" if len(digits) in (8, 9) else part


def _has_code(digits: str, code: str) -> bool:
    return digits.startswith(code) and len(digits) - len(code) >= 10
