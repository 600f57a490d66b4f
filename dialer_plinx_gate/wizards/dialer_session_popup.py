# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What popups about the customer on screen have in common."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import inputs


class DialerSessionPopup(models.AbstractModel):
    """A popup about the customer on an agent's own screen, and about no other."""

    _name = "dialer.session.popup"
    _inherit = ["dialer.customer.names"]
    _description = "Popup about the customer on screen"

    session_id = fields.Many2one("dialer.session", required=True, readonly=True)
    entry_id = fields.Many2one("dialer.queue.entry", required=True, readonly=True)
    # as the reader: an agent may read whom they have on screen
    customer_name = fields.Char(related="entry_id.customer_name", related_sudo=False)

    @api.model_create_multi
    def create(self, vals_list):
        """Open popups; the customer is whom the session has on screen.

        :raise AccessError: for the session of another agent, or another customer
        :raise UserError: when nobody is on screen
        """
        vals_list = [
            self._on_screen(self._add_missing_default_values(vals))
            for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        """Fill in the popup; whom it is about does not change.

        :raise AccessError: on another session or customer
        """
        for name in {"session_id", "entry_id"} & vals.keys():
            if any(popup[name].id != vals[name] for popup in self):
                raise self._stranger()
        return super().write(vals)

    @api.model
    def _on_screen(self, values):
        """Take the customer from the session, which must be the user's own."""
        session_id = values.get("session_id")
        sessions = self.env["dialer.session"]
        if inputs.is_id(session_id):
            sessions = sessions.browse(session_id).exists()
        if not sessions:
            raise UserError(self.env._("Start a session first."))
        entry = sessions._as_agent()._held_entry()
        if values.get("entry_id") not in (False, None, entry.id):
            raise self._stranger()
        if not entry:
            raise UserError(self.env._("There is no customer on screen."))
        return {**values, "entry_id": entry.id}

    @api.model
    def _stranger(self):
        return AccessError(self.env._("This customer is not on your screen."))

    def _filtered_named(self):
        """A popup has no customer of its own: the entry says who may be named."""
        return self
