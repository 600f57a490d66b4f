# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Merging contacts or leads takes along all that the dialer has of them."""

from odoo import models

from .mixin import LEARNED


class DialerCustomerMixin(models.AbstractModel):
    _inherit = "dialer.customer.mixin"

    def _dialer_learned(self):
        """What was learned from Plinx of these customers, who are one person.

        :return: values by field, those of the first customer who has one
        :rtype: dict
        """
        # sudo: only the dialer reads and writes what it learned
        customers = self.sudo()
        return {
            name: next(filter(None, customers.mapped(name)), False) for name in LEARNED
        }


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Make one of two places in a queue first: Odoo would delete both."""
        self.env["dialer.queue.entry"]._merge_customers(dst_partner, src_partners)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _update_values(self, src_partners, dst_partner):
        """Carry over what was learned from Plinx, which the person may not see."""
        learned = (dst_partner + src_partners)._dialer_learned()
        result = super()._update_values(src_partners, dst_partner)
        # sudo: only the dialer reads and writes what it learned
        dst_partner.sudo().write(learned)
        return result


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _merge_opportunity(self, *args, **kwargs):
        """Carry over what was learned from Plinx, which the person may not see."""
        learned = self._sort_by_confidence_level(reverse=True)._dialer_learned()
        head = super()._merge_opportunity(*args, **kwargs)
        # sudo: only the dialer reads and writes what it learned
        head.sudo().write(learned)
        return head

    def _merge_dependences(self, opportunities):
        """Take along queue entries, attendances and verdicts."""
        self.env["dialer.queue.entry"]._merge_customers(self, opportunities)
        for name in ("dialer.attendance", "dialer.gate.event"):
            # sudo: the history is moved as a whole, whatever the person sees of it
            history = self.env[name].sudo()
            history.search([("lead_id", "in", opportunities.ids)]).lead_id = self
        return super()._merge_dependences(opportunities)
