# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a call ended, and what that means for the customer in the queue."""

from odoo import api, fields, models

# A delay that grows ends here, in minutes: one week.
LONGEST_DELAY = 7 * 24 * 60


class DialerResult(models.Model):
    _name = "dialer.result"
    _description = "Call Result"
    _inherit = ["dialer.system.mixin"]
    _order = "sequence, id"

    effect = fields.Selection(
        [
            ("done", "Done: the customer is not called again"),
            ("retry", "Retry: the customer is called again automatically"),
            ("callback", "Call back: the agent chooses when"),
            ("dnc", "Do not call: the number is blocked for the whole company"),
        ],
        required=True,
        default="done",
    )
    retry_minutes = fields.Integer(
        string="Retry after (minutes)",
        default=60,
        help="How long to wait before the customer is called again.",
    )

    retry_growth = fields.Selection(
        [
            ("fixed", "The same every time"),
            ("linear", "Longer by the same time after every attempt"),
            ("double", "Twice as long after every attempt"),
        ],
        string="Delay",
        default="fixed",
        required=True,
        help="How the delay changes with the attempts. It never exceeds a week.",
    )

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "There is already a result with this code.",
    )
    _retry_positive = models.Constraint(
        "CHECK(effect != 'retry' OR retry_minutes > 0)",
        "A result that retries needs a delay of at least one minute.",
    )
    _retry_range = models.Constraint(
        "CHECK(retry_minutes BETWEEN 0 AND 525600)",
        "The delay must be between 0 and 525,600 minutes, which is one year.",
    )
    _sequence_range = models.Constraint(
        "CHECK(sequence BETWEEN 0 AND 1000000)",
        "The place in the order must be between 0 and 1,000,000.",
    )

    def _retry_delay(self, attempts):
        """How long to wait after so many attempts.

        :param int attempts: calls so far, the one that just ended included
        :return: minutes, a week at the most, or the delay itself where it is longer
        :rtype: int
        """
        self.ensure_one()
        minutes, step = self.retry_minutes, max(1, attempts)
        if self.retry_growth == "linear":
            minutes *= step
        elif self.retry_growth == "double":
            minutes *= 2 ** min(step - 1, 20)
        return min(minutes, max(LONGEST_DELAY, self.retry_minutes))

    def _channel(self):
        """By which channel a contact with this result goes on.

        :rtype: str
        """
        whatsapp = self.env.ref("dialer_plinx_gate.result_whatsapp")
        return "whatsapp" if self == whatsapp else "phone"

    @api.model
    def _meaning_fields(self):
        return super()._meaning_fields() | {"effect"}
