# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Lists as spreadsheets: xlsx, xls, ods, and what programs save as .xls.

Rows are streamed where the format allows, so that a long list costs little memory.
"""

from __future__ import annotations

import io
import os
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime

from lxml import etree, html

from .errors import ListFileError

MAX_UNPACKED = 256 * 1024 * 1024
MAX_COLUMNS = 512
MAX_ROWS = 1_048_576
# Formatted rows without text are as good as none; more of them in a row are one.
MAX_BLANK_ROWS = 100

# The number of a row and what its cells hold.
Record = tuple[int, list[object]]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# An xlsx with a password is wrapped into OLE as well.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# Records with which old Excel files begin that are not wrapped into OLE.
_BIFF = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_BIFF_LENGTHS = (b"\x04\x00", b"\x06\x00", b"\x08\x00", b"\x10\x00")
_ODS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _OFFICE, _TEXT = _ODS % "table", _ODS % "office", _ODS % "text"
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


class Workbook(ABC):
    """A file of sheets; ``kind`` is its format."""

    kind: str

    def __init__(self, content: bytes):
        self.content = content

    @abstractmethod
    def sheets(self) -> list[str]:
        """The names of the visible sheets, in order."""

    @abstractmethod
    def records(self, sheet: str) -> Iterator[Record]:
        """The rows of a sheet, each with its number."""


def workbook(content: bytes) -> Workbook | None:
    """The spreadsheet in a file, told by its bytes, or None for a text.

    :raises ListFileError: ``too_large``, ``encrypted`` or ``unreadable``
    """
    kind = _kind(content)
    if kind is None:
        return None
    try:
        return kind(content)
    except ListFileError:
        raise
    except Exception as error:  # noqa: BLE001 - damaged files raise almost anything
        raise ListFileError("unreadable", kind=kind.kind) from error


def _kind(content: bytes) -> type[Workbook] | None:
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    if content.startswith(_OLE) or (
        content.startswith(_BIFF) and content[2:4] in _BIFF_LENGTHS
    ):
        return Xls
    head = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<?xml") and _SS[1:-1].encode() in head:
        return XmlSpreadsheet
    if head.startswith(b"<") and (b"<table" in content.lower() or b"<html" in head):
        return HtmlTable
    return None


def _zipped(content: bytes) -> type[Workbook]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
    except zipfile.BadZipFile as error:
        raise ListFileError("unreadable", kind="zip") from error
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise ListFileError("too_large", limit=MAX_UNPACKED)
    names = {info.filename for info in infos}
    if "content.xml" in names:
        return Ods
    if "xl/workbook.xml" in names:
        return Xlsx
    raise ListFileError("unreadable", kind="zip")


class Xlsx(Workbook):
    """Excel's format since 2007, read row by row; formulas give their last value."""

    kind = "xlsx"

    def __init__(self, content: bytes):
        super().__init__(content)
        import openpyxl  # pylint: disable=import-outside-toplevel # slow to import

        self._book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True
        )

    def sheets(self) -> list[str]:
        visible = (one for one in self._book.worksheets if one.sheet_state == "visible")
        return [one.title for one in visible]

    def records(self, sheet: str) -> Iterator[Record]:
        found = self._book[sheet]
        # Some programs write that a sheet has one cell.
        found.reset_dimensions()
        for number, cells in enumerate(found.iter_rows(values_only=True), start=1):
            yield number, list(cells[:MAX_COLUMNS])


class Xls(Workbook):
    """Excel's format until 2003."""

    kind = "xls"

    def __init__(self, content: bytes):
        super().__init__(content)
        import xlrd  # pylint: disable=import-outside-toplevel # slow to import

        self._xlrd = xlrd
        if _ENCRYPTED in content:
            raise ListFileError("encrypted")
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            try:
                self._book = xlrd.open_workbook(
                    file_contents=content, logfile=nowhere, ragged_rows=True
                )
            except xlrd.XLRDError as error:
                if "encrypted" in str(error):
                    raise ListFileError("encrypted") from error
                raise

    def sheets(self) -> list[str]:
        return [one.name for one in self._book.sheets() if not one.visibility]

    def records(self, sheet: str) -> Iterator[Record]:
        found = self._book.sheet_by_name(sheet)
        for index in range(found.nrows):
            yield index + 1, [self._value(one) for one in found.row(index)]

    def _value(self, cell) -> object:
        if cell.ctype == self._xlrd.XL_CELL_DATE:
            try:
                return datetime(
                    *self._xlrd.xldate_as_tuple(cell.value, self._book.datemode)
                )
            except (ValueError, self._xlrd.XLDateError):
                return cell.value
        if cell.ctype == self._xlrd.XL_CELL_ERROR:
            return self._xlrd.error_text_from_code.get(cell.value, "#N/A")
        return (
            bool(cell.value) if cell.ctype == self._xlrd.XL_CELL_BOOLEAN else cell.value
        )


class Ods(Workbook):
    """LibreOffice's format, read row by row."""

    kind = "ods"

    def sheets(self) -> list[str]:
        return [
            element.get(_TABLE + "name", "")
            for _event, element in self._elements(_TABLE + "table", "start")
        ]

    def records(self, sheet: str) -> Iterator[Record]:
        inside, number = False, 1
        tags = (_TABLE + "table", _TABLE + "table-row")
        for event, element in self._elements(tags, "start", "end"):
            if element.tag == tags[0]:
                if inside and event == "end":
                    return
                inside = element.get(_TABLE + "name", "") == sheet
            elif event == "end":
                if inside:
                    yield from self._row(element, number)
                    number += int(element.get(_TABLE + "number-rows-repeated", 1))
                element.clear()

    def _elements(self, tag, *events):
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            with archive.open("content.xml") as stream:
                yield from etree.iterparse(
                    stream, events=events, tag=tag, resolve_entities=False
                )

    @staticmethod
    def _row(row, number: int) -> Iterator[Record]:
        cells: list[object] = []
        for cell in row:
            if cell.tag not in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
                continue
            times = int(cell.get(_TABLE + "number-columns-repeated", 1))
            value = Ods._value(cell)
            cells += [value] * min(times, MAX_COLUMNS - len(cells))
        repeated = int(row.get(_TABLE + "number-rows-repeated", 1))
        most = MAX_ROWS if any(cells) else MAX_BLANK_ROWS
        for offset in range(min(repeated, most)):
            yield number + offset, cells

    @staticmethod
    def _value(cell) -> object:
        kind = cell.get(_OFFICE + "value-type")
        if kind == "float" and (value := cell.get(_OFFICE + "value")):
            return float(value)
        if kind == "date" and (value := cell.get(_OFFICE + "date-value")):
            return value
        # Comments are texts inside a cell, too.
        lines = ("".join(one.itertext()) for one in cell if one.tag == _TEXT + "p")
        return "\n".join(lines)


class XmlSpreadsheet(Workbook):
    """Excel's XML of 2003, which programs write and name .xls."""

    kind = "xml"

    def __init__(self, content: bytes):
        super().__init__(content)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        self._root = etree.fromstring(content.lstrip(), parser)

    def _sheets(self):
        return self._root.iter(_SS + "Worksheet")

    def sheets(self) -> list[str]:
        return [one.get(_SS + "Name", "") for one in self._sheets()]

    def records(self, sheet: str) -> Iterator[Record]:
        found = next(
            one for one in self._sheets() if one.get(_SS + "Name", "") == sheet
        )
        number = 0
        for row in found.iter(_SS + "Row"):
            number = int(row.get(_SS + "Index", number + 1))
            cells: list[object] = []
            for cell in row.iter(_SS + "Cell"):
                gap = int(cell.get(_SS + "Index", len(cells) + 1)) - 1 - len(cells)
                cells += [""] * min(gap, MAX_COLUMNS - len(cells))
                data = cell.find(_SS + "Data")
                cells.append("" if data is None else "".join(data.itertext()))
            yield number, cells[:MAX_COLUMNS]


class HtmlTable(Workbook):
    """A web page with tables, which programs write and name .xls."""

    kind = "html"

    def __init__(self, content: bytes):
        super().__init__(content)
        parser = html.HTMLParser(no_network=True, encoding=_page_encoding(content))
        self._tables = html.document_fromstring(content, parser=parser).findall(
            ".//table"
        )

    def sheets(self) -> list[str]:
        return [str(number) for number, _one in enumerate(self._tables, start=1)]

    def records(self, sheet: str) -> Iterator[Record]:
        rows = self._tables[int(sheet) - 1].iter("tr")
        for number, row in enumerate(rows, start=1):
            cells = (one for one in row if one.tag in ("td", "th"))
            yield number, ["".join(one.itertext()).strip() for one in cells]


def _page_encoding(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"
