# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What stands in the file of an imported list, without the ORM."""

import codecs
import unicodedata
from datetime import date, datetime

# What the columns are called, without accents, capitals and punctuation.
COLUMNS = {
    "phone": (
        "phone",
        "phone number",
        "number",
        "mobile",
        "whatsapp",
        "telefone",
        "fone",
        "celular",
        "numero",
    ),
    "name": ("name", "customer", "customer name", "contact", "nome", "cliente"),
    "email": ("email", "e mail", "mail"),
    "ref": (
        "reference",
        "ref",
        "external reference",
        "external id",
        "id",
        "code",
        "referencia",
        "codigo",
    ),
    "reason": ("reason", "motivo"),
    "date_from": ("from", "date", "date from", "effective date", "desde", "data"),
}
DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")


def encoding(content: bytes) -> str:
    """The encoding of a text, or nothing where Odoo's importer has to guess it.

    Spreadsheets in Brazil write UTF-8, with or without a mark, or Windows-1252.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ""
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def column(title) -> str | None:
    """The column that a heading names, or None."""
    plain = unicodedata.normalize("NFKD", str(title)).encode("ascii", "ignore").decode()
    words = "".join(char if char.isalnum() else " " for char in plain.lower()).split()
    heading = " ".join(words)
    for name, headings in COLUMNS.items():
        if heading in headings:
            return name
    return None


def text(value) -> str:
    """What a cell says; a spreadsheet's date as ISO."""
    if isinstance(value, datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def day(written: str | None) -> date | None:
    """Read a date, or None."""
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(written or "", form).date()
        except ValueError:
            continue
    return None
