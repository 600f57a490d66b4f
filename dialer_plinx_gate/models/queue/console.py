# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..session.supervision import SESSION_CHANGED


class DialerQueueEntry(models.Model):
    _inherit = "dialer.queue.entry"

    def _screen_values(self):
        """Add when the talk ended; name a contact without its company's name."""
        values = super()._screen_values()
        # sudo: the name of the customer on screen, whatever the customer's rules
        values["name"] = self.partner_id.sudo().name or values["name"]
        values["hung_up_at"] = fields.Datetime.to_string(self.hung_up_at) or None
        return values

    @api.model
    def _release(self, domain):
        """Tell the agents' consoles which customers they lost."""
        sessions = {entry.id: entry.session_id for entry in self.search(domain)}
        released = super()._release(domain)
        for entry in released:
            session = sessions.get(entry.id)
            if session:
                session.user_id._bus_send(
                    SESSION_CHANGED, {"session_id": session.id, "change": "expired"}
                )
        return released
