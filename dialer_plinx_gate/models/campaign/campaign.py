# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import inputs

STATES = [
    ("draft", "Draft"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("closed", "Closed"),
]


class DialerCampaign(models.Model):
    _name = "dialer.campaign"
    _description = "Dialer Campaign"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "plinx.banner.mixin",
        "dialer.guard.mixin",
    ]
    _order = "sequence, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        STATES,
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    agent_ids = fields.Many2many(
        "res.users",
        string="Agents",
        check_company=True,
        domain="[('company_ids', 'in', company_id), ('share', '=', False)]",
        help="Who works this queue. Empty: every agent of the company.",
    )
    dial_mode = fields.Selection(
        [
            ("preview", "Preview: the agent looks, then presses Dial"),
            ("progressive", "Progressive: dials by itself after a countdown"),
        ],
        required=True,
        default="preview",
    )
    target = fields.Selection(
        [("partner", "Customers"), ("lead", "Leads and opportunities")],
        string="Call",
        required=True,
        default="partner",
    )
    target_model = fields.Char(compute="_compute_target_model")
    max_attempts = fields.Integer(string="Attempts per customer", default=5)
    reservation_minutes = fields.Integer(
        string="Give back after (minutes)",
        default=10,
        help="A customer on an agent's screen who is not dialed within this time "
        "goes back to the queue.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Calling hours",
        check_company=True,
        help="Empty: customers are called at any time. Who is called again by itself "
        "is called on a business day of the company.",
    )
    entry_ids = fields.One2many("dialer.queue.entry", "campaign_id", string="Queue")
    entry_count = fields.Integer(compute="_compute_entry_counts")
    callable_count = fields.Integer(
        string="Callable now", compute="_compute_entry_counts"
    )
    done_count = fields.Integer(string="Done", compute="_compute_entry_counts")
    filled_at = fields.Datetime(string="Queue filled", readonly=True, copy=False)

    _sequence_range = models.Constraint(
        "CHECK(sequence BETWEEN 0 AND 1000000)",
        "The place in the order must be between 0 and 1,000,000.",
    )
    _max_attempts_range = models.Constraint(
        "CHECK(max_attempts BETWEEN 1 AND 1000)",
        "Allow between 1 and 1,000 attempts per customer.",
    )
    _reservation_range = models.Constraint(
        "CHECK(reservation_minutes BETWEEN 1 AND 1440)",
        "A reservation must last between one minute and one day (1,440 minutes).",
    )

    @api.depends("target")
    def _compute_target_model(self):
        for campaign in self:
            campaign.target_model = campaign._target_model()

    def _compute_entry_counts(self):
        now = fields.Datetime.now()
        total = dict(
            self.env["dialer.queue.entry"]._read_group(
                [("campaign_id", "in", self.ids), ("state", "!=", "cancelled")],
                ["campaign_id"],
                ["__count"],
            )
        )
        callable_now = dict(
            self.env["dialer.queue.entry"]._read_group(
                [
                    ("campaign_id", "in", self.ids),
                    ("state", "=", "pending"),
                    ("next_call_at", "<=", now),
                ],
                ["campaign_id"],
                ["__count"],
            )
        )
        done = dict(
            self.env["dialer.queue.entry"]._read_group(
                [("campaign_id", "in", self.ids), ("state", "=", "done")],
                ["campaign_id"],
                ["__count"],
            )
        )
        for campaign in self:
            campaign.entry_count = total.get(campaign, 0)
            campaign.callable_count = callable_now.get(campaign, 0)
            campaign.done_count = done.get(campaign, 0)

    # -------------------------------------------------------------------------
    # State
    # -------------------------------------------------------------------------

    def action_start(self):
        """Start the campaigns; the queue is filled first if it never was.

        :raise UserError: when one is closed
        """
        inputs.known(self, "write")
        if closed := self.filtered(lambda c: c.state == "closed"):
            raise UserError(
                self.env._(
                    "“%(campaign)s” is closed. Duplicate it to call its customers "
                    "again.",
                    campaign=closed[0].name,
                )
            )
        self._check_calendar()
        self.filtered(lambda c: not c.filled_at).action_fill()
        # sudo: the state is changed by actions only
        self.sudo().state = "running"

    def action_pause(self):
        """Pause the campaigns: agents get no new contact until the next start."""
        inputs.known(self, "write")
        if closed := self.filtered(lambda c: c.state == "closed"):
            raise UserError(
                self.env._("“%(campaign)s” is closed already.", campaign=closed[0].name)
            )
        # sudo: the state is changed by actions only
        self.sudo().state = "paused"

    def action_close(self):
        """Close the campaigns for good: nobody of their queues is called any more."""
        inputs.known(self, "write")
        # sudo: the state is changed by actions only
        self.sudo().state = "closed"
        # sudo: closing withdraws entries that agents have on their screens too
        self.env["dialer.queue.entry"].sudo()._release(
            [
                ("campaign_id", "in", self.ids),
                ("state", "in", ("reserved", "asking")),
            ]
        )

    def _supervisor(self):
        """Who is told about this campaign: its maker, else any of its company.

        :return: a supervisor, possibly none
        :rtype: res.users
        """
        self.ensure_one()
        group = self.env.ref("dialer_plinx_gate.group_dialer_supervisor")
        users = group.all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        )
        users -= self.env.ref("base.user_root")
        return (users & self.create_uid) or users[:1]
