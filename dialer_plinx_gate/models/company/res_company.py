# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The dialer's parameters of a company, and what follows when they change."""

from odoo import api, fields, models

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
        "plinx_assigned_days",
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
# What only a system administrator may change; see res_company_plinx.
SYSTEM_FIELDS = frozenset({"plinx_url", "plinx_token", "plinx_webhook_secret"})
PARAMETERS = SUPERVISOR_FIELDS | SYSTEM_FIELDS
# Changes that are shown on the company's page; secrets are not.
TRACKED_FIELDS = SUPERVISOR_FIELDS | {"plinx_url"}
# Whoever changes one of these wants Plinx to be tried again at once.
CONNECTION_FIELDS = ("plinx_url", "plinx_token_value", "plinx_timeout")
# What decides when the company's customers may be called.
HOURS_FIELDS = frozenset(
    {"dialer_calendar_id", "dialer_holiday_subdivision", "dialer_optional_holidays"}
)


class ResCompany(models.Model):
    _inherit = "res.company"

    dial_active_whatsapp = fields.Boolean(
        string="Dial customers with an active WhatsApp conversation",
        help="Off: a customer in an active conversation in Plinx is skipped "
        "automatically, the customer's Updates say why, and the dialer goes on.\n"
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
        help="Adds a button that calls the customer despite the conversation. Its use "
        "is logged in the customer's Updates.",
    )
    dialer_dnc_scope = fields.Selection(
        [
            ("global", "For all companies, on Odoo's phone blacklist"),
            ("company", "For this company, on its own do-not-call list"),
        ],
        string="Block customers who do not want calls",
        default="global",
        required=True,
        help="The list that a number is put on when the result of a call says that the "
        "customer does not want calls.",
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
        help="When an agent shows no sign of life for this long, the session is "
        "paused, the customer on screen goes back to the queue and the supervisor is "
        "notified.",
    )
    dialer_call_timeout_minutes = fields.Integer(
        string="Close calls without a result after (minutes)",
        default=60,
        help="When an agent is gone and never registered a result, the call becomes an "
        "attendance with “No result registered”, and the customer is called again.",
    )
    dialer_parameter_chosen = fields.Boolean(
        copy=False,
        help="Somebody decided what happens with customers in conversation.",
    )
    dialer_checklist_closed = fields.Boolean(
        copy=False, help="The first steps of the dialer are no longer shown."
    )

    _dialer_away_range = models.Constraint(
        "CHECK(dialer_away_minutes IS NULL OR dialer_away_minutes BETWEEN 1 AND 1440)",
        "The time after which an agent is away must be between one minute and one day "
        "(1,440 minutes).",
    )
    _dialer_call_timeout_range = models.Constraint(
        "CHECK(dialer_call_timeout_minutes IS NULL "
        "OR dialer_call_timeout_minutes BETWEEN 1 AND 10080)",
        "The time after which a call without a result is closed must be between one "
        "minute and one week (10,080 minutes).",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Make the company's page of settings and its connection to Plinx."""
        for vals in vals_list:
            check_bounds(self, vals, PARAMETERS)
        companies = super().create(vals_list)
        # made with the company: an agent's request shall not wait for another one's row
        self.env["dialer.settings"]._ensure_for(companies)
        self.env["plinx.connection"]._ensure_for(companies)
        self.env["dialer.number.reading"]._wake()
        return companies

    def write(self, vals):
        """Let supervisors change the dialer's parameters, and track who did."""
        check_bounds(self, vals, PARAMETERS)
        # both look at the values before they change
        self._dialer_track(vals)
        before = self._connection_settings(vals)
        writer = self
        if self._dialer_supervisor_may_write(vals):
            # sudo: only dialer parameters, only of companies the supervisor has
            writer = self.sudo()
        result = super(ResCompany, writer).write(vals)
        self._dialer_follow(vals, before)
        return result

    def _dialer_track(self, vals):
        """Note the values before the change, for the tracking on the settings."""
        if changed := TRACKED_FIELDS & vals.keys():
            # sudo: tracking reads and logs for whoever makes the change
            settings = self.env["dialer.settings"].sudo()._ensure_for(self)
            settings._track_prepare(changed)

    def _dialer_follow(self, vals, before):
        """Bring in line what depends on the parameters that were written.

        :param dict vals: what was written
        :param dict before: :meth:`_connection_settings` before that
        """
        for company, settings in self._connection_settings(vals).items():
            if settings != before[company]:
                self.env["plinx.connection"]._of(company)._reset()
        # sudo: whoever may change a parameter changes what follows from it
        companies = self.sudo()
        # who waits for a holiday that no longer counts is offered again
        if HOURS_FIELDS & vals.keys():
            domain = [("company_id", "in", self.ids), ("calendar_id", "!=", False)]
            companies.env["dialer.campaign"].search(domain)._reopen_hours()
        if "dial_active_whatsapp" in vals:
            undecided = companies.filtered(lambda c: not c.dialer_parameter_chosen)
            undecided.dialer_parameter_chosen = True

    def _connection_settings(self, vals):
        """What the connections of these companies depend on, to compare.

        :param dict vals: what is written
        :return: nothing when the connections do not depend on it
        :rtype: dict[res.company, list]
        """
        if vals.keys().isdisjoint(CONNECTION_FIELDS):
            return {}
        # sudo: the address and the token are compared, not shown
        return {
            company: [company.sudo()[name] for name in CONNECTION_FIELDS]
            for company in self
        }

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

    def _dialer_lang(self):
        """Language of what the dialer writes about this company's customers."""
        return self.partner_id.lang or self.env.lang
