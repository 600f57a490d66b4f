# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was learned from Plinx survives the merge of contacts."""

from odoo import models

from .mixin import LEARNED


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_values(self, src_partners, dst_partner):
        """Carry over what was learned from Plinx, which the person may not see."""
        # sudo: only the dialer reads and writes what it learned
        contacts = (dst_partner + src_partners).sudo()
        learned = {
            name: next(filter(None, contacts.mapped(name)), False) for name in LEARNED
        }
        result = super()._update_values(src_partners, dst_partner)
        contacts[:1].write(learned)
        return result
