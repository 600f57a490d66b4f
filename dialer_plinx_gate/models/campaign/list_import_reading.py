# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the file of an imported list is read, and its bad rows are told from the good."""

import base64
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.base_import.models.base_import import ImportValidationError

from ...plinx.phone import identities
from ...tools import list_file
from ..guard.bounds import LONGEST_LINE, is_storable
from .list_import import IMPORT_BATCH
from .list_import_problem import BAD, DOUBLE, KNOWN, LISTED, SENTENCES


class Row(NamedTuple):
    """One row of a list: its number in the file, its texts by column, its phone."""

    number: int
    texts: dict
    phone: str


class DialerListImport(models.Model):
    _inherit = "dialer.list.import"

    def _read_rows(self):
        """Read the file with Odoo's own importer.

        :return: for each row its number in the file and its texts by column
        :rtype: list[tuple[int, dict[str, str]]]
        :raise UserError: a sentence that says what is wrong with the file
        """
        # sudo: the file belongs to the list, which the user may read
        content = base64.b64decode(self.sudo().with_context(bin_size=False).file or b"")
        if not content.strip():
            raise UserError(self.env._("The list is empty. Choose a file with rows."))
        reader = self.env["base_import.import"].new(
            {
                "file": content,
                "file_name": self.file_name,
                "file_type": "text/csv",
            }
        )
        options = {
            "quoting": '"',
            "separator": "",
            "encoding": list_file.encoding(content),
        }
        try:
            _length, lines = reader._read_file(options)
        except (ImportValidationError, ValueError, LookupError) as error:
            raise UserError(
                self.env._("The list cannot be read: %(why)s", why=str(error))
            ) from error
        return self._rows_by_column(lines)

    def _rows_by_column(self, lines):
        header, *lines = lines
        columns = {}
        for index, title in enumerate(header):
            name = list_file.column(title)
            if name and name not in columns.values():
                columns[index] = name
        if "phone" not in columns.values():
            raise UserError(
                self.env._(
                    "The first row of the list needs a column headed “Phone”. Found: "
                    "%(found)s.",
                    found=", ".join(str(title) for title in header[:10]),
                )
            )
        return [
            (
                number,
                {
                    name: list_file.text(line[index]) if index < len(line) else ""
                    for index, name in columns.items()
                },
            )
            for number, line in enumerate(lines, start=2)
        ]

    def _phone_of(self, texts):
        """The one number of a row, E.164, or None."""
        if self._text_fault(texts):
            return None
        country = self.company_id.country_id.code
        found = identities(texts["phone"], country)
        return found[0].e164 if found else None

    def _known_before(self, rows):
        """The numbers of the rows read so far, with the row that had them first."""
        seen = {}
        for number, texts in rows[: self.position]:
            phone = self._phone_of(texts)
            if phone:
                seen.setdefault(phone, number)
        return seen

    def _has_bad_rows(self, rows):
        """Report every row that cannot be used, before anything is imported."""
        seen, problems = {}, []
        for start in range(0, len(rows), IMPORT_BATCH):
            _good, bad = self._sort_out(rows[start : start + IMPORT_BATCH], seen)
            problems += [row for row in bad if row["kind"] == BAD]
        self._report(problems)
        return bool(problems)

    def _sort_out(self, rows, seen):
        """Tell the rows that can be used from those that cannot.

        :param list rows: rows of :meth:`_read_rows`
        :param dict seen: rows by number so far; added to
        :return: the rows to use, and values of the problems
        :rtype: tuple[list[Row], list[dict]]
        """
        good, problems = [], []
        for number, texts in rows:
            phone = self._phone_of(texts)
            if fault := self._text_fault(texts):
                problems.append(self._problem(number, texts, fault, most=LONGEST_LINE))
            elif not phone:
                problems.append(self._problem(number, texts, BAD))
            elif phone in seen:
                problems.append(self._problem(number, texts, DOUBLE, row=seen[phone]))
            elif not self._has_good_day(texts):
                problems.append(
                    self._problem(number, texts, "date", text=texts["date_from"])
                )
            else:
                seen[phone] = number
                good.append(Row(number, texts, phone))
        return good, problems

    @api.model
    def _text_fault(self, texts):
        """Why the texts of a row cannot be stored: a key of the sentences, or None."""
        if not all(is_storable(text) for text in texts.values()):
            return "characters"
        if any(len(text) > LONGEST_LINE for text in texts.values()):
            return "long"
        return None

    def _has_good_day(self, texts):
        """Whether a row of numbers not to call has a date that can be read, or none."""
        text = texts.get("date_from")
        return self.kind == "customers" or not text or bool(list_file.day(text))

    def _problem(self, number, texts, kind, **values):
        sentence = self.env._(SENTENCES[kind])
        text = "; ".join(filter(None, texts.values()))[:LONGEST_LINE]
        return {
            "import_id": self.id,
            "row": number,
            "text": "".join(char if char.isprintable() else "�" for char in text),
            "kind": kind if kind in (DOUBLE, KNOWN, LISTED) else BAD,
            "message": sentence % values,
        }

    def _report(self, problems):
        # sudo: the report is written by the dialer, and read by the supervisor
        self.env["dialer.list.import.problem"].sudo().create(problems)
