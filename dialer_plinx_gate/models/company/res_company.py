# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS

from ...plinx.address import AddressError, check_base_url
from ...plinx.signature import MAX_SECRETS, secret_key
from ...tools.server_config import option
from ..guard.bounds import check_bounds

# What a dialer supervisor may change without any Settings right.
SUPERVISOR_FIELDS = frozenset(
    {
        "dial_active_whatsapp",
        "whatsapp_pause_mode",
        "dialer_call_anyway",
        "dialer_dnc_scope",
        "plinx_timeout",
        "plinx_failure_policy",
        "plinx_skip_retry_minutes",
        "plinx_active_hours",
        "plinx_counts_open",
        "plinx_counts_waiting",
        "plinx_counts_bot",
        "plinx_shadow",
        "dialer_calendar_id",
        "dialer_holiday_subdivision",
        "dialer_optional_holidays",
        "dialer_uri_scheme",
        "gate_event_days",
        "dialer_away_minutes",
        "dialer_call_timeout_minutes",
    }
)
# What only a system administrator may change; the secrets are never shown.
SYSTEM_FIELDS = frozenset({"plinx_url", "plinx_token", "plinx_webhook_secret"})
SECRET_FIELDS = frozenset({"plinx_token", "plinx_webhook_secret"})
SECRET_MASK = "••••••••"


class ResCompany(models.Model):
    _inherit = "res.company"

    dial_active_whatsapp = fields.Boolean(
        string="Dial customers with an active WhatsApp conversation",
        help="Off: a customer who is in an active conversation in Plinx is skipped "
        "by itself, the customer's Updates say why, and the dialer goes on.\n"
        "On: the agent is asked whether to pause the dialer. Yes pauses it, records "
        "an attendance with a new contact on the next business day and goes on to "
        "the next customer; No goes on and records nothing.",
    )
    whatsapp_pause_mode = fields.Selection(
        [
            ("hold_next", "Stay paused with the next customer on screen"),
            ("resume", "Go on dialing at once"),
        ],
        string="After the agent answers Yes",
        default="hold_next",
        required=True,
    )
    dialer_call_anyway = fields.Boolean(
        string="Offer “Call anyway” in the question",
        help="Adds a button that calls the customer in spite of the conversation. "
        "Its use is written in the customer's Updates.",
    )
    dialer_dnc_scope = fields.Selection(
        [
            ("global", "For all companies, on Odoo's phone blacklist"),
            ("company", "For this company, on its own do-not-call list"),
        ],
        string="Who does not want calls is blocked",
        default="global",
        required=True,
        help="Which list a number is put on when a call ends with a result that says "
        "that the customer does not want calls.",
    )
    dialer_uri_scheme = fields.Selection(
        [("tel", "tel:"), ("sip", "sip:"), ("callto", "callto:")],
        string="How the web client places a call",
        default="tel",
        required=True,
        help="The kind of link that is opened when the agent presses Dial. The "
        "softphone or telephone that the operating system has registered for it "
        "places the call.",
    )
    dialer_away_minutes = fields.Integer(
        string="An agent is away after (minutes)",
        default=10,
        help="Without any sign of an agent for this long, the session is paused, the "
        "customer on screen goes back to the queue and the supervisor is told.",
    )
    dialer_call_timeout_minutes = fields.Integer(
        string="A call without result ends after (minutes)",
        default=60,
        help="When an agent is gone and never said how a call ended, it becomes an "
        "attendance “No result registered”, and the customer is called again.",
    )
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
    plinx_shadow = fields.Boolean(
        string="Shadow mode",
        help="Plinx is asked and every answer is kept, and customers are dialed as "
        "if nobody were in conversation. For a safe start.",
    )

    _dialer_away_range = models.Constraint(
        "CHECK(dialer_away_minutes IS NULL OR dialer_away_minutes BETWEEN 1 AND 1440)",
        "An agent is away after one minute at the earliest and one day (1,440 "
        "minutes) at the latest.",
    )
    _dialer_call_timeout_range = models.Constraint(
        "CHECK(dialer_call_timeout_minutes IS NULL "
        "OR dialer_call_timeout_minutes BETWEEN 1 AND 10080)",
        "A call without result ends after one minute at the earliest and one week "
        "(10,080 minutes) at the latest.",
    )
    _plinx_timeout_range = models.Constraint(
        "CHECK(plinx_timeout IS NULL OR plinx_timeout BETWEEN 0.2 AND 30)",
        "The longest wait for Plinx must be between 0.2 and 30 seconds.",
    )
    _plinx_skip_retry_range = models.Constraint(
        "CHECK(plinx_skip_retry_minutes IS NULL "
        "OR plinx_skip_retry_minutes BETWEEN 1 AND 43200)",
        "A skipped customer is offered again after one minute at the earliest and 30 "
        "days (43,200 minutes) at the latest.",
    )
    _plinx_active_hours_range = models.Constraint(
        "CHECK(plinx_active_hours IS NULL OR plinx_active_hours BETWEEN 0 AND 8760)",
        "The hours that a conversation counts must be between 0 and 8760.",
    )

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

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            check_bounds(self, vals, SUPERVISOR_FIELDS | SYSTEM_FIELDS)
        companies = super().create(vals_list)
        self.env["dialer.settings"]._ensure_for(companies)
        self.env["dialer.number.reading"]._wake()
        return companies

    def write(self, vals):
        """Let supervisors change the dialer's parameters, and track who did."""
        check_bounds(self, vals, SUPERVISOR_FIELDS | SYSTEM_FIELDS)
        if self._dialer_supervisor_may_write(vals):
            # sudo: only dialer parameters, only of companies the supervisor has
            return super(ResCompany, self.sudo()).write(self._prepare_dialer(vals))
        return super().write(self._prepare_dialer(vals))

    def _prepare_dialer(self, vals):
        """Note the values before the change, for the tracking on the settings."""
        changed = (SUPERVISOR_FIELDS | {"plinx_url"}) & vals.keys()
        if changed:
            # sudo: tracking reads and logs for whoever makes the change
            settings = self.env["dialer.settings"].sudo()._ensure_for(self)
            settings._track_prepare(changed)
        return vals

    def _dialer_supervisor_may_write(self, vals):
        """Tell whether this write needs, and is granted, the supervisor's right."""
        return (
            not self.env.su
            and bool(vals)
            and vals.keys() <= SUPERVISOR_FIELDS
            and not self.has_access("write")
            and self.env.user.has_group("dialer_plinx_gate.group_dialer_supervisor")
            and self <= self.env.companies
        )

    def export_data(self, fields_to_export):
        """Export companies without the secrets, whoever asks."""
        hidden = SECRET_FIELDS | {f"{name}_value" for name in SECRET_FIELDS}
        result = super().export_data(fields_to_export)
        for row in result["datas"]:
            for index, name in enumerate(fields_to_export):
                if name in hidden and row[index]:
                    row[index] = SECRET_MASK
        return result

    def _dialer_lang(self):
        """Language of what the dialer writes about this company's customers."""
        return self.partner_id.lang or self.env.lang
