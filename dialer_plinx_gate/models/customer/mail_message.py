# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Updates lines are written by the dialer alone."""

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError

# What an Updates line says, of whom and when. Where it hangs is not among it: that
# changes when customers are merged.
CONTENT = frozenset(
    {
        "attachment_ids",
        "author_id",
        "body",
        "date",
        "email_from",
        "message_type",
        "subtype_id",
        "tracking_value_ids",
    }
)


class MailMessage(models.Model):
    """Updates lines are the dialer's word: nobody else posts or changes them.

    The dialer writes them in SQL (see dialer.customer.mixin), so that whatever comes
    here comes from somebody else. Superuser rights alone do not count: Odoo's own
    routes post as superuser for whoever may comment.
    """

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse Updates lines, wherever their subtype was named."""
        messages = super().create(vals_list)
        messages._check_no_update()
        return messages

    def write(self, vals):
        """Refuse to change what an Updates line says, or to make one of another."""
        if CONTENT & vals.keys():
            self._check_no_update()
        result = super().write(vals)
        if "subtype_id" in vals:
            self._check_no_update()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_dialer_update(self):
        """Let Updates go with their customer only."""
        if not self.env.su:
            self._check_no_update()

    def _check_no_update(self):
        """Let the server alone do this with Updates lines.

        :raise AccessError: when one of these messages is one
        """
        if self.env.uid == SUPERUSER_ID:
            return
        subtype = self.env["ir.model.data"]._xmlid_to_res_id(
            "dialer_plinx_gate.mt_dialer_update"
        )
        # sudo: only whether it is the dialer's line is looked at
        if subtype and subtype in self.sudo().subtype_id.ids:
            raise AccessError(
                self.env._(
                    "Only the dialer writes the lines of Updates. Post a message or "
                    "a note instead."
                )
            )
