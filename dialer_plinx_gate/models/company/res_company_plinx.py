# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A company's way to Plinx: address, secrets, webhook, and what it calls active."""

import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS

from ...plinx.address import AddressError, check_base_url
from ...plinx.signature import MAX_SECRETS, secret_key
from ...plinx.verdict import ActiveRules
from ...tools.server_config import option

# These are never shown again.
SECRET_FIELDS = frozenset({"plinx_token", "plinx_webhook_secret"})
SECRET_MASK = "••••••••"
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

    plinx_url = fields.Char(
        string="Plinx address",
        groups="base.group_system",
        help="Base address of the Plinx service, starting with https://",
    )
    plinx_token = fields.Char(
        string="Plinx token",
        compute="_compute_plinx_secrets",
        inverse="_inverse_plinx_token",
        compute_sudo=False,
        groups="base.group_system",
        help="Access token of the Plinx service. It is stored and never shown again.",
    )
    plinx_webhook_secret = fields.Char(
        string="Plinx webhook secret",
        compute="_compute_plinx_secrets",
        inverse="_inverse_plinx_webhook_secret",
        compute_sudo=False,
        groups="base.group_system",
        help="Secret that signs what Plinx pushes, starting with whsec_. While a "
        "secret is being replaced, write the new one and the old one with a space "
        "between them.",
    )
    plinx_token_value = fields.Char(groups=NO_ACCESS, copy=False)
    plinx_webhook_secret_value = fields.Char(groups=NO_ACCESS, copy=False)
    plinx_timeout = fields.Float(
        string="Longest wait for Plinx (seconds)",
        default=2.5,
        help="When Plinx has not answered within this time, the answer is unknown.",
    )
    plinx_failure_policy = fields.Selection(
        [
            ("hold", "Wait: nobody is dialed until Plinx answers"),
            ("ask", "Ask the agent: call or next customer"),
            ("dial", "Dial, and say so in the customer's Updates"),
        ],
        string="When Plinx does not answer",
        default="hold",
        required=True,
    )
    plinx_skip_retry_minutes = fields.Integer(
        string="Offer a skipped customer again after (minutes)",
        default=60,
    )
    plinx_active_hours = fields.Integer(
        string="A conversation counts for (hours)",
        default=24,
        help="A conversation is active while it is open, waiting or with the bot and "
        "the customer wrote within this many hours, or while it is open with a "
        "person assigned. 0: a message of the customer counts however old it is.",
    )
    plinx_assigned_days = fields.Integer(
        string="An assigned conversation counts for (days)",
        default=7,
        help="An open conversation with a person assigned is active while somebody "
        "wrote in it within this many days. 0: however old it is.",
    )
    plinx_shadow = fields.Boolean(
        string="Shadow mode",
        help="Plinx is asked and every answer is kept, but customers are dialed as if "
        "none of them were in conversation. For a safe start.",
    )
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
    gate_event_days = fields.Integer(
        string="Keep gate verdicts for (days)",
        default=90,
        help="Older verdicts are deleted at night; they say why customers were not "
        "dialed.",
    )

    _plinx_timeout_range = models.Constraint(
        "CHECK(plinx_timeout IS NULL OR plinx_timeout BETWEEN 0.2 AND 30)",
        "The longest wait for Plinx must be between 0.2 and 30 seconds.",
    )
    _plinx_skip_retry_range = models.Constraint(
        "CHECK(plinx_skip_retry_minutes IS NULL "
        "OR plinx_skip_retry_minutes BETWEEN 1 AND 43200)",
        "The time after which a skipped customer is offered again must be between one "
        "minute and 30 days (43,200 minutes).",
    )
    _plinx_active_hours_range = models.Constraint(
        "CHECK(plinx_active_hours IS NULL OR plinx_active_hours BETWEEN 0 AND 8760)",
        "The hours that a conversation counts must be between 0 and 8,760.",
    )
    _plinx_assigned_days_range = models.Constraint(
        "CHECK(plinx_assigned_days IS NULL OR plinx_assigned_days BETWEEN 0 AND 3650)",
        "The days that an assigned conversation counts must be between 0 and 3,650.",
    )
    _gate_event_days_range = models.Constraint(
        "CHECK(gate_event_days IS NULL OR gate_event_days BETWEEN 1 AND 3650)",
        "Gate verdicts are kept for at least one day and at most ten years.",
    )
    _plinx_webhook_key_unique = models.UniqueIndex("(plinx_webhook_key)")

    # -------------------------------------------------------------------------
    # Address and secrets
    # -------------------------------------------------------------------------

    @api.depends("plinx_token_value", "plinx_webhook_secret_value")
    @api.depends_context("uid")
    def _compute_plinx_secrets(self):
        """Show code that runs as superuser the secret, and everybody else a mask."""
        reveal = self.env.su
        for company, stored in zip(self, self.sudo(), strict=True):
            for name in SECRET_FIELDS:
                value = stored[f"{name}_value"]
                company[name] = value if reveal or not value else SECRET_MASK

    def _inverse_plinx_token(self):
        self._store_secret("plinx_token")

    def _inverse_plinx_webhook_secret(self):
        for company in self:
            self._check_webhook_secret(company.plinx_webhook_secret or "")
        self._store_secret("plinx_webhook_secret")

    @api.model
    def _check_webhook_secret(self, typed):
        """Refuse a secret with which no event could ever be proven.

        :raise ValidationError: naming what a secret looks like, never the one typed
        """
        words = typed.split()
        if words == [SECRET_MASK]:
            return
        try:
            for word in words:
                secret_key(word)
            readable = len(words) <= MAX_SECRETS
        except ValueError:
            readable = False
        if not readable:
            raise ValidationError(
                self.env._(
                    "This webhook secret cannot be read. Copy it from Plinx as it is: "
                    "it starts with whsec_ and goes on with letters and digits "
                    "(base64). While a secret is being replaced, write the new one "
                    "and the old one with a space between them."
                )
            )

    def _store_secret(self, name):
        """Keep a secret that was typed; the mask written back changes nothing."""
        for company in self:
            value = (company[name] or "").strip()
            if value != SECRET_MASK:
                # sudo: the column is readable by nobody; the public field's group
                # (system administrators) guards who gets here
                company.sudo()[f"{name}_value"] = value or False
        # what was typed must not stay readable in the cache
        self.invalidate_recordset([name], flush=False)

    @api.constrains("plinx_url")
    def _check_plinx_url(self):
        for company in self.filtered("plinx_url"):
            try:
                check_base_url(company.plinx_url, self._plinx_allowed_hosts())
            except AddressError as error:
                raise ValidationError(
                    self.env._(
                        "This Plinx address cannot be used: %(why)s", why=str(error)
                    )
                ) from error

    @api.model
    def _plinx_allowed_hosts(self):
        """Hosts that the server's configuration file lets be plain http or private.

        :return: entries of the form host:port
        :rtype: tuple[str]
        """
        listed = option("plinx_allowed_hosts").split(",")
        return tuple(host.strip() for host in listed if host.strip())

    def export_data(self, fields_to_export):
        """Export companies without the secrets, whoever asks."""
        hidden = SECRET_FIELDS | {f"{name}_value" for name in SECRET_FIELDS}
        result = super().export_data(fields_to_export)
        for row in result["datas"]:
            for index, name in enumerate(fields_to_export):
                if name in hidden and row[index]:
                    row[index] = SECRET_MASK
        return result

    # -------------------------------------------------------------------------
    # Webhook and active conversations
    # -------------------------------------------------------------------------

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
            assigned_days=self.plinx_assigned_days,
            statuses=tuple(
                status for status, name in COUNTED_STATUSES.items() if self[name]
            ),
        )
