# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A campaign: who calls whom, its state, its place in the order, its counts."""

from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import inputs

STATES = [
    ("draft", "Draft"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("closed", "Closed"),
]
# What the boards show of a campaign.
SHOWN_ON_BOARDS = frozenset({"state", "sequence", "name", "active"})


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
        help="Agents who work this queue. Leave empty for all agents of the company.",
    )
    dial_mode = fields.Selection(
        [
            ("preview", "Preview: the agent reviews the customer, then presses Dial"),
            ("progressive", "Progressive: dials automatically after a countdown"),
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
        string="Return to the queue after (minutes)",
        default=10,
        help="A customer shown to an agent returns to the queue if not dialed within "
        "this time.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Calling hours",
        check_company=True,
        help="Leave empty to call at any time. Automatic retries fall on the "
        "company's business days.",
    )
    entry_ids = fields.One2many("dialer.queue.entry", "campaign_id", string="Queue")
    entry_count = fields.Integer(compute="_compute_entry_counts")
    callable_count = fields.Integer(
        string="Callable now", compute="_compute_entry_counts"
    )
    done_count = fields.Integer(string="Done", compute="_compute_entry_counts")
    exhausted_count = fields.Integer(
        string="Exhausted",
        compute="_compute_entry_counts",
        help="Customers called as often as the campaign allows, without success.",
    )
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
        # two counts along indexes, whatever the size of the queue and the list shown
        entries = self.env["dialer.queue.entry"]
        own = [("campaign_id", "in", self.ids)]
        counts = {
            (campaign, state): count
            for campaign, state, count in entries._read_group(
                [*own, ("state", "!=", "cancelled")],
                ["campaign_id", "state"],
                ["__count"],
            )
        }
        due = [("state", "=", "pending"), ("next_call_at", "<=", fields.Datetime.now())]
        callable_now = dict(
            entries._read_group([*own, *due], ["campaign_id"], ["__count"])
        )
        total = Counter()
        for (campaign, _state), count in counts.items():
            total[campaign] += count
        for campaign in self:
            campaign.entry_count = total[campaign]
            campaign.callable_count = callable_now.get(campaign, 0)
            campaign.done_count = counts.get((campaign, "done"), 0)
            campaign.exhausted_count = counts.get((campaign, "exhausted"), 0)

    @api.model_create_multi
    def create(self, vals_list):
        """Note whose filters they are."""
        return super().create([self._sign_filters(vals, True) for vals in vals_list])

    def write(self, vals):
        """Note whose filters they are; let queues and boards follow."""
        result = super().write(self._sign_filters(vals))
        self._reopen_changed(vals)
        if SHOWN_ON_BOARDS & vals.keys():
            self.env["dialer.live"]._notify_boards(self.company_id)
        return result

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
        if never_filled := self.filtered(lambda c: not c.filled_at):
            never_filled.action_fill()
        # sudo: the state is changed by actions only
        self.sudo().state = "running"

    def action_pause(self):
        """Pause the campaigns: agents get no new contact until the next start."""
        inputs.known(self, "write")
        if closed := self.filtered(lambda c: c.state == "closed"):
            raise UserError(
                self.env._("“%(campaign)s” is already closed.", campaign=closed[0].name)
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

    def board_move(self, offset):
        """Move this campaign among those that agents are offered, and on the board.

        :param int offset: places to move: negative is further up
        :raise AccessError: for anybody but a supervisor of its company
        """
        self.env["dialer.board"]._check_supervisor()
        inputs.one(self, "write")
        offset = inputs.whole(self.env, offset)
        campaigns = self.search(
            [
                ("state", "in", ("running", "paused")),
                ("company_id", "=", self.company_id.id),
            ]
        )
        if self not in campaigns:
            return
        order = [campaign.id for campaign in campaigns if campaign != self]
        place = campaigns.ids.index(self.id) + offset
        order.insert(max(0, min(place, len(order))), self.id)
        # numbered anew: campaigns that have the same number could not change places
        for sequence, campaign_id in enumerate(order):
            self.browse(campaign_id).sequence = sequence
