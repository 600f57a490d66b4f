# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import fields, models


class DialerCustomerMixin(models.AbstractModel):
    _name = "dialer.customer.mixin"
    _description = "Customer of the dialer: a contact, or a lead without one"

    plinx_wa_id = fields.Char(
        string="WhatsApp id",
        copy=False,
        help="The id that Plinx knows this customer by. It is learned from Plinx "
        "and forgotten when the phone is changed.",
    )
    plinx_bsuid = fields.Char(
        string="WhatsApp business user id",
        copy=False,
        help="The business-scoped id that Plinx knows this customer by, for customers "
        "who hide their number.",
    )
    dialer_update_ids = fields.One2many(
        "mail.message",
        "res_id",
        string="Updates",
        domain=lambda self: [
            ("model", "=", self._name),
            (
                "subtype_id",
                "=",
                self.env["ir.model.data"]._xmlid_to_res_id(
                    "dialer_plinx_gate.mt_dialer_update"
                ),
            ),
        ],
        readonly=True,
        bypass_search_access=True,
    )

    def write(self, vals):
        """Forget the ids learned from Plinx when the phone is edited."""
        if "phone" in vals and "plinx_wa_id" not in vals:
            vals = dict(vals, plinx_wa_id=False)
        return super().write(vals)

    def _dialer_raw_numbers(self):
        """Collect the numbers of each customer as they were typed.

        :return: for each record id, the raw texts with the ISO code of the country
            that they are to be read in (False when unknown)
        :rtype: dict[int, list[tuple[str, str | bool]]]
        """
        return {
            record.id: [(record.phone, record.country_id.code)]
            for record in self
            if record.phone
        }

    def _dialer_log_updates(self, bodies, company):
        """Write one line into the Updates page of each customer, in one batch.

        Nobody is notified and no follower is added.

        :param dict bodies: text or Markup of the line, by record id
        :param res.company company: company whose dialer writes
        """
        if not self:
            return
        author, email_from = self.env["mail.thread"]._message_compute_author()
        subtype = self.env["ir.model.data"]._xmlid_to_res_id(
            "dialer_plinx_gate.mt_dialer_update"
        )
        base_values = {
            "author_id": author,
            "email_from": email_from,
            "is_internal": True,
            "message_type": "notification",
            "model": self._name,
            "record_company_id": company.id,
            "reply_to": email_from,
            "subtype_id": subtype,
        }
        # sudo: mail.message - the dialer writes where the agent may only read
        self.sudo()._message_create(
            [
                dict(
                    base_values,
                    res_id=record.id,
                    body=Markup("<p>%s</p>") % bodies[record.id],
                )
                for record in self
            ]
        )
