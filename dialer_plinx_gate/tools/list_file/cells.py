# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What one cell says: texts, numbers and dates as programs write them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

# A formula that only keeps a spreadsheet from reading a text as a number: ="0123"
_GUARDED = re.compile(r'=\s*"(.*)"', re.DOTALL)
_ERROR_VALUE = re.compile(
    r"#(?:N/[AD]|NULL!|DIV/0!|VALUE!|VALOR!|REF!|NAME\?|NOME\?|N[UÚ]M!|SPILL!|CALC!)",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_LOCAL = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d\d)")
_NAMED = re.compile(
    r"(\d{1,2})(?:[-/. ]|\s+de\s+)+([a-zç]{3,9})\.?(?:[-/. ]|\s+de\s+)+(\d{4}|\d\d)"
)
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d{1,15})?")
# A time of day after a date says nothing about the day.
_CLOCK = re.compile(
    r"[T ,]+\d{1,2}[:h]\d\d(?::\d\d(?:[.,]\d+)?)?"
    r" ?(?:[ap]m)? ?(?:z|utc|[+-]\d\d:?\d\d)?\Z",
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janeiro january", "fev fevereiro feb february", "mar março march",
            "abr abril apr april", "mai maio may", "jun junho june", "jul julho july",
            "ago agosto aug august", "set setembro sep sept september",
            "out outubro oct october", "nov novembro november", "dez dezembro dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# Spreadsheets count days from here; 1900 was no leap year, whatever they believe.
_SERIAL_START = date(1899, 12, 30)
YEARS = range(1900, 2200)
MAX_DATE_CHARS = 40


def text(value: object) -> str:
    """What a cell says; a spreadsheet's date as ISO, its whole numbers as digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        value = value.date() if value.time() == time() else value.replace(microsecond=0)
    if isinstance(value, (date, time)):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        value = int(value)
    found = str(value).strip()
    guarded = _GUARDED.fullmatch(found)
    return guarded.group(1).strip() if guarded else found


def is_error_value(said: str) -> bool:
    """Whether a cell only says that its formula failed, as ``#N/A`` does."""
    return bool(_ERROR_VALUE.fullmatch(said))


def without_control(said: str) -> str:
    """The text without the signs that no database and no person reads."""
    return _CONTROL.sub("", said)


def day(written: str | None) -> date | None:
    """Read a date as people and programs write it, or None.

    The day comes before the month, unless that is impossible. A number of five digits
    is a day as spreadsheets count them.
    """
    if not written or len(written) > MAX_DATE_CHARS:
        return None
    said = _CLOCK.sub("", written.strip().lower())
    if found := _ISO.fullmatch(said) or _COMPACT.fullmatch(said):
        return _date(*map(int, found.groups()))
    if found := _LOCAL.fullmatch(said):
        first, second, year = int(found.group(1)), int(found.group(2)), _year(found)
        return _date(year, second, first) or _date(year, first, second)
    if (found := _NAMED.fullmatch(said)) and found.group(2) in _MONTHS:
        return _date(_year(found), _MONTHS[found.group(2)], int(found.group(1)))
    if found := _SERIAL.fullmatch(said):
        counted = _SERIAL_START + timedelta(days=int(found.group(1)))
        return counted if counted.year in YEARS else None
    return None


def _year(found: re.Match) -> int:
    year = found.group(3)
    return int(year if len(year) == 4 else "20" + year)


def _date(year: int, month: int, day_of_month: int) -> date | None:
    try:
        return date(year, month, day_of_month) if year in YEARS else None
    except ValueError:
        return None
