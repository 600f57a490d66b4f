# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import secrets

from odoo import api, fields, models

from ...plinx.verdict import ActiveRules

KEY_BYTES = 24
WEBHOOK_PATH = "/plinx/webhook/"
# The statuses that can make a conversation count, each with the field that says so.
COUNTED_STATUSES = {
    "open": "plinx_counts_open",
    "waiting": "plinx_counts_waiting",
    "bot": "plinx_counts_bot",
}


class ResCompany(models.Model):
    _inherit = "res.company"

    plinx_webhook_key = fields.Char(
        compute="_compute_plinx_webhook_key",
        store=True,
        precompute=True,
        copy=False,
        groups="base.group_system",
        help="The part of the webhook address that stands for this company.",
    )
    plinx_webhook_url = fields.Char(
        string="Plinx webhook address",
        compute="_compute_plinx_webhook_url",
        groups="base.group_system",
        help="Enter this address in Plinx, so that it reports conversations as they "
        "open and close. Customers that were skipped are then called again as soon "
        "as their conversation ends.",
    )
    plinx_counts_open = fields.Boolean(
        string="Open conversations count",
        default=True,
        help="A person of your company answers, or is about to.",
    )
    plinx_counts_waiting = fields.Boolean(
        string="Waiting conversations count",
        default=True,
        help="The customer waits in a queue for a person.",
    )
    plinx_counts_bot = fields.Boolean(
        string="Conversations with the bot count",
        default=True,
        help="The customer is answered by a bot.",
    )

    _plinx_webhook_key_unique = models.UniqueIndex("(plinx_webhook_key)")

    def _compute_plinx_webhook_key(self):
        """Give each company a key of its own, once."""
        for company in self:
            company.plinx_webhook_key = secrets.token_urlsafe(KEY_BYTES)

    @api.depends("plinx_webhook_key")
    def _compute_plinx_webhook_url(self):
        for company in self:
            company.plinx_webhook_url = (
                f"{company.get_base_url()}{WEBHOOK_PATH}{company.plinx_webhook_key}"
            )

    def _plinx_active_rules(self):
        """What this company holds to be an active conversation.

        :rtype: odoo.addons.dialer_plinx_gate.plinx.verdict.ActiveRules
        """
        self.ensure_one()
        return ActiveRules(
            window_hours=self.plinx_active_hours,
            statuses=tuple(
                status for status, name in COUNTED_STATUSES.items() if self[name]
            ),
        )
