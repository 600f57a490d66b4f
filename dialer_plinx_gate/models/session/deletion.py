# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Customers who were called are archived, not deleted."""

from odoo import api, models
from odoo.exceptions import UserError

from ..queue.entry import HELD_STATES


class DialerCustomerMixin(models.AbstractModel):
    _inherit = "dialer.customer.mixin"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_called(self):
        """What was done with a customer outlives them.

        :raise UserError: when somebody has them on screen, or they have attendances
        """
        column = "lead_id" if self._name == "crm.lead" else "partner_id"
        # sudo: calls that the person may not see are not to be lost, either
        entries = self.env["dialer.queue.entry"].sudo()
        held = [(column, "in", self.ids), ("state", "in", HELD_STATES)]
        if on_screen := entries.search(held, limit=1):
            raise UserError(
                self.env._(
                    "An agent has “%(customer)s” on screen at the moment. Try again "
                    "when the call has ended.",
                    customer=self.browse(on_screen[column].id).display_name,
                )
            )
        # sudo: as above
        attendances = self.env["dialer.attendance"].sudo()
        if called := attendances.search([(column, "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "“%(customer)s” has attendances. Archive it instead.",
                    customer=self.browse(called[column].id).display_name,
                )
            )
        # verdicts are counted on, but no longer say anything of the person
        queued = entries.search([(column, "in", self.ids)])
        told = dict.fromkeys((column, "entry_id", "conversation", "detail"), False)
        queued.gate_event_ids.write(told)
