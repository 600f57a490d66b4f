# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the rules of a campaign mean for its entries."""

from odoo import fields, models


class DialerQueueEntry(models.Model):
    _name = "dialer.queue.entry"
    _inherit = "dialer.queue.entry"

    hung_up_at = fields.Datetime(readonly=True, help="When the talk ended.")

    def _call_seconds(self, now):
        """How long the call took so far.

        :param datetime now: naive UTC
        :return: seconds of talk, seconds of wrap-up
        :rtype: tuple[int, int]
        """
        self.ensure_one()
        ended = self.hung_up_at or now
        talking = ended - (self.dialed_at or now)
        return (
            max(0, int(talking.total_seconds())),
            max(0, int((now - ended).total_seconds())),
        )

    def _waiting_values(self, **values):
        """An entry that nobody holds is in no call."""
        return super()._waiting_values(**{"hung_up_at": False, **values})
