# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the file of an imported list is read, and its bad rows are told from the good."""

import base64
from datetime import date
from typing import NamedTuple

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date
from odoo.tools.translate import LazyTranslate

from ...plinx.phone import read_all
from ...tools import list_file
from ..guard.bounds import LONGEST_LINE
from .list_import import IMPORT_BATCH
from .list_import_problem import BAD, DOUBLE, KNOWN, LISTED, SENTENCES

_lt = LazyTranslate(__name__)

# What is wrong with a file as a whole; every other damage is "unreadable".
FILE_SENTENCES = {
    "empty": _lt("The list is empty. Choose a file with rows."),
    "encrypted": _lt(
        "The list is protected by a password. Save it without one and try again."
    ),
    "too_large": _lt("The list is too large. Split it into several files."),
    "no_phone": _lt(
        "The list needs a column headed “Phone” with numbers below it. Found: "
        "%(found)s."
    ),
    "unreadable": _lt(
        "The list cannot be read: the file is damaged or of an unknown kind. Save it "
        "as CSV or as a spreadsheet and try again."
    ),
}
# So many headings are named when none of them is a phone's.
SHOWN_HEADINGS = 10
# What is shown of a text that is no number, or no date.
SHOWN = 64


class Row(NamedTuple):
    """One row of a list that can be used.

    ``line`` is the row as it stands in the file, ``phones`` are all its numbers, E.164,
    and ``written`` is what a customer's phone field keeps of them. ``day`` is from when
    the numbers are not called, and ``doubt`` the line of the report of a row that is
    not sound, though its numbers are blocked.
    """

    line: list_file.Row
    phones: tuple
    written: str
    day: date | None = None
    doubt: dict | None = None


class DialerListImport(models.Model):
    _inherit = "dialer.list.import"

    def _read_rows(self):
        """Read the file, whatever program wrote it.

        :return: every row below the headings
        :rtype: list[tools.list_file.Row]
        :raise UserError: a sentence that says what is wrong with the file
        """
        # sudo: the file belongs to the list, which the user may read
        content = base64.b64decode(self.sudo().with_context(bin_size=False).file or b"")
        try:
            table = list_file.read_table(content)
            return list(list_file.rows(table, list_file.propose_mapping(table)))
        except list_file.ListFileError as error:
            raise UserError(self._file_sentence(error)) from error

    def _file_sentence(self, error):
        """What is wrong with a file, for the one who brought it."""
        sentence = FILE_SENTENCES.get(error.code, FILE_SENTENCES["unreadable"])
        found = error.values.get("found") or []
        shown = [title for title in found if title][:SHOWN_HEADINGS]
        text = self.env._(sentence)
        return text % {"found": ", ".join(shown) or "–"}

    def _numbers_of(self, row):
        """All numbers of a row, E.164, and the texts that are none.

        :param tools.list_file.Row row: one row
        :rtype: tuple[tuple[str, ...], tuple[str, ...]]
        """
        if self._is_too_long(row):
            return (), ()
        reading = read_all(row.phones, self.company_id.country_id.code)
        return tuple(one.e164 for one in reading.identities), reading.unread

    def _known_before(self, rows):
        """The numbers of the rows read so far, with the row that had them first."""
        seen = {}
        for row in rows[: self.position]:
            for phone in self._numbers_of(row)[0]:
                seen.setdefault(phone, row.number)
        return seen

    def _has_bad_rows(self, rows):
        """Report every row that cannot be used, before anything is imported."""
        seen, problems = {}, []
        for start in range(0, len(rows), IMPORT_BATCH):
            good, bad = self._sort_out(rows[start : start + IMPORT_BATCH], seen)
            bad += [row.doubt for row in good if row.doubt]
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
        for row in rows:
            phones, unread = self._numbers_of(row)
            before = [seen[phone] for phone in phones if phone in seen]
            if self._is_too_long(row):
                problems.append(self._problem(row, "long", most=LONGEST_LINE))
            elif not phones:
                cut = any(note.code == "rounded" for note in row.notes)
                problems.append(self._problem(row, "rounded" if cut else BAD))
            elif self.kind == "do_not_call":
                good.append(self._blocked_row(row, phones, unread, before))
            elif before:
                problems.append(self._problem(row, DOUBLE, row=before[0]))
            else:
                good.append(Row(row, phones, _written(row, phones, unread)))
            for phone in phones:
                seen.setdefault(phone, row.number)
        return good, problems

    def _blocked_row(self, row, phones, unread, before):
        """A row of numbers not to call: in doubt they are blocked, and it is reported.

        :param unread: texts of the row that are no number
        :param before: the rows that had its numbers already
        :rtype: Row
        """
        written = row.texts.get("date_from")
        default = self.date_from or self.company_id._dialer_date()
        day, doubt = list_file.day(written), None
        if written and not day:
            values = {"text": written[:SHOWN], "day": format_date(self.env, default)}
            doubt = self._problem(row, "date", **values)
        elif unread:
            doubt = self._problem(row, "unread", text=unread[0][:SHOWN])
        elif len(before) == len(phones):
            # it may name an earlier day all the same
            doubt = self._problem(row, DOUBLE, row=before[0])
        return Row(row, phones, "", day or default, doubt)

    def _is_too_long(self, row):
        """Whether a text of a row does not fit the field that it is for."""
        texts = (*row.texts.values(), " / ".join(row.phones))
        return any(len(text) > LONGEST_LINE for text in texts)

    def _problem(self, line, kind, **values):
        """The line of a row in the report, with the row as it stands in the file.

        :param str kind: a key of the sentences
        :return: values of dialer.list.import.problem
        :rtype: dict
        """
        text = "; ".join(filter(None, line.cells))[:LONGEST_LINE]
        sentence = self.env._(SENTENCES[kind])
        return {
            "import_id": self.id,
            "row": line.number,
            "text": "".join(char if char.isprintable() else "�" for char in text),
            "kind": kind if kind in (DOUBLE, KNOWN, LISTED) else BAD,
            "message": sentence % values,
        }

    def _report(self, problems):
        problems = sorted(problems, key=lambda problem: problem["row"])
        # sudo: the report is written by the dialer, and read by the supervisor
        self.env["dialer.list.import.problem"].sudo().create(problems)


def _written(row, phones, unread):
    """What the phone field keeps: one plain number, or all that was written."""
    if len(phones) == 1 and not unread:
        return phones[0]
    return " / ".join(dict.fromkeys(row.phones))
