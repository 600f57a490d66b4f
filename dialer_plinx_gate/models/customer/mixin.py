# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What contacts and leads share: identities, attendances and their Updates."""

from markupsafe import Markup

from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.mail import generate_tracking_message_id

from ...tools import inputs

# What is learned of a customer from Plinx.
LEARNED = ("plinx_wa_id", "plinx_bsuid")


class DialerCustomerMixin(models.AbstractModel):
    _name = "dialer.customer.mixin"
    _description = "Customer of the Dialer: a Contact, or a Lead without One"

    plinx_wa_id = fields.Char(
        string="WhatsApp id",
        copy=False,
        index="btree_not_null",
        groups="base.group_system",
        help="The id that Plinx knows this customer by. It is learned from Plinx "
        "and forgotten when the phone is changed.",
    )
    plinx_bsuid = fields.Char(
        string="WhatsApp business user id",
        copy=False,
        index="btree_not_null",
        groups="base.group_system",
        help="The business-scoped id that Plinx knows this customer by, for customers "
        "who hide their number.",
    )
    dialer_attendance_count = fields.Integer(
        string="Attendance count",
        compute="_compute_dialer_attendance_count",
        groups="dialer_plinx_gate.group_dialer_agent",
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
        """Forget the ids learned from Plinx when a number is edited."""
        numbers = [name for name in self._dialer_stored_phone_fields() if name in vals]
        if not numbers or vals.keys() & set(LEARNED):
            return super().write(vals)
        # sudo: only the dialer reads and writes what it learned
        known = self.sudo().filtered(lambda one: any(one[name] for name in LEARNED))
        before = {one.id: [one[name] for name in numbers] for one in known}
        result = super().write(vals)
        # the same number typed once more is still the customer's
        edited = known.filtered(
            lambda one: before[one.id] != [one[name] for name in numbers]
        )
        if edited:
            edited.write(dict.fromkeys(LEARNED, False))
        return result

    def _compute_dialer_attendance_count(self):
        """Count the attendances that are this customer's; each model knows its own."""
        self.dialer_attendance_count = 0

    def _dialer_queue_entries(self):
        """The queue entries of these customers, in campaigns that are not closed.

        :rtype: dialer.queue.entry
        """
        # an entry has one or the other: a lead with a contact is called as the contact
        column = "lead_id" if self._name == "crm.lead" else "partner_id"
        return self.env["dialer.queue.entry"].search(
            [(column, "in", self.ids), ("campaign_id.state", "!=", "closed")]
        )

    def action_why_not(self):
        """Button: show why this customer is not being called, by campaign.

        :return: window action on dialer.why.not
        :rtype: dict
        """
        inputs.one(self)
        lines = self._dialer_queue_entries()._why_not_lines()
        if not lines:
            text = self.env._("The customer is in no campaign that is being worked.")
            lines = [{"reason": text}]
        return self.env["dialer.why.not"]._open(self.display_name, lines)

    def _dialer_log_updates(self, line, company):
        """Write a line into the Updates page of each of these customers.

        One statement for all of them: two thousand customers may be skipped while an
        agent waits. Nobody is notified and no follower is added.

        :param line: plain text or Markup; or one for each, by id of the customer
        :param res.company company: company whose dialer writes
        """
        if not self:
            return
        author_id, email_from = self.env["mail.thread"]._message_compute_author()
        now = fields.Datetime.now()
        lines = line if isinstance(line, dict) else dict.fromkeys(self.ids, line)
        message_id = generate_tracking_message_id("dialer-update")
        # What message_post would write of a note, once for each customer. Without its
        # notifications, followers and tracking, which nobody wants of two thousand
        # lines.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_message (
                    model, res_id, body, subtype_id, message_type, is_internal,
                    email_add_signature,
                    author_id, email_from, reply_to, message_id, record_company_id,
                    date, create_uid, create_date, write_uid, write_date
                )
                SELECT %(model)s, customer.id, body, %(subtype)s, 'notification',
                       TRUE, FALSE, %(author)s, %(email)s, %(email)s, %(message)s,
                       %(company)s, %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(ids)s, %(bodies)s::text[]) AS customer(id, body)
                """,
                model=self._name,
                bodies=[Markup("<p>%s</p>") % lines[key] for key in self.ids],
                subtype=self.env["ir.model.data"]._xmlid_to_res_id(
                    "dialer_plinx_gate.mt_dialer_update"
                ),
                author=author_id or None,
                email=email_from or None,
                message=message_id,
                company=company.id,
                now=now,
                uid=self.env.uid,
                ids=list(self.ids),
            )
        )
        # the ORM knows nothing of these messages
        self.invalidate_recordset(["dialer_update_ids", "message_ids"], flush=False)
