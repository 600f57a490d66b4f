# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rows of an imported list that were left out, and why."""

from odoo import fields, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

BAD, DOUBLE, KNOWN, LISTED = "bad", "double", "known", "do_not_call"
SENTENCES = {
    BAD: _lt("This is not a valid phone number."),
    DOUBLE: _lt("The same number is in row %(row)s."),
    KNOWN: _lt("Already in the queue or on the list."),
    LISTED: _lt("The number is on a do-not-call list."),
    "rounded": _lt(
        "The spreadsheet has cut off the last digits of the number. Format the column "
        "as text and enter the number again."
    ),
    "date": _lt(
        "“%(text)s” is not a date. The numbers of the row are blocked from %(day)s."
    ),
    "unread": _lt(
        "“%(text)s” is not a valid phone number. The other numbers of the row are "
        "blocked."
    ),
    "long": _lt("A text in this row is longer than %(most)s characters."),
}


class DialerListImportProblem(models.Model):
    _name = "dialer.list.import.problem"
    _description = "Imported List: Row Left Out"
    _order = "row, id"
    _rec_name = "message"

    import_id = fields.Many2one(
        "dialer.list.import",
        required=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="import_id.company_id")
    row = fields.Integer(aggregator=None, help="The number of the row in the file.")
    text = fields.Char()
    kind = fields.Selection(
        [
            (BAD, "Cannot be used"),
            (DOUBLE, "Twice in the list"),
            (KNOWN, "Known already"),
            (LISTED, "Do not call"),
        ],
        required=True,
    )
    message = fields.Char(required=True)
