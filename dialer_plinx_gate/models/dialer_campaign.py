# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import ast
from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

STATES = [
    ("draft", "Draft"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("closed", "Closed"),
]


class DialerCampaign(models.Model):
    _name = "dialer.campaign"
    _description = "Dialer Campaign"
    _inherit = ["mail.thread", "mail.activity.mixin"]
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
        STATES, required=True, default="draft", copy=False, tracking=True, index=True
    )
    agent_ids = fields.Many2many(
        "res.users",
        string="Agents",
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
    domain = fields.Char(
        string="Other filters",
        default="[]",
        help="Any condition on the customer, or on the lead.",
    )
    date_filter = fields.Selection(
        [
            ("create_date", "Creation"),
            ("last_contact", "Last contact"),
            ("next_contact", "Next contact"),
        ],
        string="Date of",
        default="create_date",
        required=True,
    )
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    category_ids = fields.Many2many("res.partner.category", string="Tags")
    customer_status = fields.Selection(
        [
            ("any", "Any"),
            ("never_contacted", "Never contacted"),
            ("contacted", "Contacted before"),
            ("open_opportunity", "With an open opportunity"),
            ("won", "With a won opportunity"),
            ("archived", "Archived"),
        ],
        default="any",
        required=True,
    )
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
        help="Empty: customers are called at any time.",
    )
    entry_ids = fields.One2many("dialer.queue.entry", "campaign_id", string="Queue")
    entry_count = fields.Integer(compute="_compute_entry_counts")
    callable_count = fields.Integer(
        string="Callable now", compute="_compute_entry_counts"
    )
    done_count = fields.Integer(string="Done", compute="_compute_entry_counts")
    filled_at = fields.Datetime(string="Queue filled", readonly=True, copy=False)

    _max_attempts_positive = models.Constraint(
        "CHECK(max_attempts > 0)", "Allow at least one attempt per customer."
    )
    _reservation_positive = models.Constraint(
        "CHECK(reservation_minutes > 0)",
        "A reservation must last at least one minute.",
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

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for campaign in self:
            if (
                campaign.date_from
                and campaign.date_to
                and campaign.date_to < campaign.date_from
            ):
                raise ValidationError(
                    self.env._(
                        "The dates of “%(campaign)s” are the wrong way round: "
                        "%(from)s is after %(to)s.",
                        campaign=campaign.name,
                        **{"from": campaign.date_from, "to": campaign.date_to},
                    )
                )

    @api.constrains("domain", "target")
    def _check_domain(self):
        for campaign in self:
            campaign._parse_domain()

    # -------------------------------------------------------------------------
    # State
    # -------------------------------------------------------------------------

    def action_start(self):
        """Start the campaigns; the queue is filled first if it never was.

        :raise UserError: when one is closed
        """
        self.check_access("write")
        if closed := self.filtered(lambda c: c.state == "closed"):
            raise UserError(
                self.env._(
                    "“%(campaign)s” is closed. Duplicate it to call its customers "
                    "again.",
                    campaign=closed[0].name,
                )
            )
        self.filtered(lambda c: not c.filled_at).action_fill()
        self.state = "running"

    def action_pause(self):
        """Pause the campaigns: agents get no new contact until the next start."""
        self.check_access("write")
        if closed := self.filtered(lambda c: c.state == "closed"):
            raise UserError(
                self.env._(
                    "“%(campaign)s” is closed already.", campaign=closed[0].name
                )
            )
        self.state = "paused"

    def action_close(self):
        """Close the campaigns for good: nobody of their queues is called any more."""
        self.check_access("write")
        self.state = "closed"
        # sudo: closing withdraws entries that agents have on their screens too
        self.env["dialer.queue.entry"].sudo()._release(
            [
                ("campaign_id", "in", self.ids),
                ("state", "in", ("reserved", "asking")),
            ]
        )

    # -------------------------------------------------------------------------
    # Filling
    # -------------------------------------------------------------------------

    def action_fill(self):
        """Bring the queue in line with the filters.

        Customers who match and are not in the queue are added; those who wait, were
        never called and no longer match are withdrawn, and come back when they
        match again. What agents did stays. Doing it twice changes nothing.

        :return: notification with the numbers of added and withdrawn customers
        :rtype: dict
        """
        self.check_access("write")
        added = withdrawn = 0
        for campaign in self:
            if campaign.state == "closed":
                raise UserError(
                    self.env._(
                        "“%(campaign)s” is closed: its queue is not filled any more.",
                        campaign=campaign.name,
                    )
                )
            more, fewer = campaign._fill()
            added, withdrawn = added + more, withdrawn + fewer
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if added or withdrawn else "info",
                "message": self.env._(
                    "%(added)s customers added to the queue, %(withdrawn)s withdrawn.",
                    added=added,
                    withdrawn=withdrawn,
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _fill(self):
        """Fill one queue in one pass of set-based statements.

        :return: how many entries were added (or came back) and withdrawn
        :rtype: tuple[int, int]
        """
        self.ensure_one()
        self.lock_for_update(allow_referencing=True)
        self.env.flush_all()
        query = self._customer_query()
        added = self._fill_insert(query) + self._fill_restore(query)
        withdrawn = self._fill_withdraw(query)
        self.filled_at = fields.Datetime.now()
        self.env["dialer.queue.entry"].invalidate_model()
        return added, withdrawn

    def _fill_insert(self, query):
        """Add the customers who are not in the queue yet; tell how many."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO dialer_queue_entry (
                    campaign_id, company_id, partner_id, lead_id, phone, state,
                    priority, deferrals, rank, next_call_at, attempts,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT %(campaign)s, %(company)s, %(partner)s, %(lead)s,
                       customer.phone_sanitized, 'pending', 0, 0, 0, %(now)s, 0,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM %(table)s customer
                 WHERE customer.id IN %(customers)s
                   AND NOT EXISTS (
                       SELECT 1 FROM dialer_queue_entry known
                        WHERE known.campaign_id = %(campaign)s
                          AND known.%(column)s = customer.id
                       )
              ORDER BY customer.id
                """,
                campaign=self.id,
                company=self.company_id.id,
                uid=self.env.uid,
                now=fields.Datetime.now(),
                customers=query.subselect(),
                **self._fill_columns(),
            )
        )
        return self.env.cr.rowcount

    def _fill_restore(self, query):
        """Bring back entries that were withdrawn and match again; tell how many."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_queue_entry
                   SET state = 'pending', withdrawn = FALSE, next_call_at = %(now)s
                 WHERE campaign_id = %(campaign)s AND state = 'cancelled' AND withdrawn
                   AND %(column)s IN %(customers)s
                """,
                campaign=self.id,
                now=fields.Datetime.now(),
                customers=query.subselect(),
                column=self._fill_columns()["column"],
            )
        )
        return self.env.cr.rowcount

    def _fill_withdraw(self, query):
        """Take out the entries that wait, untouched, and no longer match."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_queue_entry
                   SET state = 'cancelled', withdrawn = TRUE
                 WHERE campaign_id = %(campaign)s
                   AND state IN ('pending', 'invalid') AND attempts = 0
                   AND callback_user_id IS NULL AND NOT COALESCE(imported, FALSE)
                   AND %(column)s NOT IN %(customers)s
                """,
                campaign=self.id,
                customers=query.subselect(),
                column=self._fill_columns()["column"],
            )
        )
        return self.env.cr.rowcount

    def _fill_columns(self):
        """The parts of the filling statements that differ by target."""
        if self.target == "lead":
            return {
                "table": SQL.identifier("crm_lead"),
                "column": SQL.identifier("lead_id"),
                "partner": SQL("customer.partner_id"),
                "lead": SQL("customer.id"),
            }
        return {
            "table": SQL.identifier("res_partner"),
            "column": SQL.identifier("partner_id"),
            "partner": SQL("customer.id"),
            "lead": SQL("NULL::integer"),
        }

    # -------------------------------------------------------------------------
    # Filters
    # -------------------------------------------------------------------------

    def _target_model(self):
        return "crm.lead" if self.target == "lead" else "res.partner"

    def _customer_query(self):
        """The customers who match the filters, as a query not yet run.

        :rtype: odoo.tools.Query
        """
        # sudo: the supervisor decides by filter whom agents call, also where the
        # supervisor's own record rules would hide a lead
        customers = self.env[self._target_model()].sudo()
        return customers._search(
            self._customer_domain(),
            active_test=self.customer_status != "archived",
        )

    def _customer_domain(self):
        """All filters of the campaign as one domain on the customer, or the lead.

        :rtype: odoo.fields.Domain
        :raise ValidationError: when the free domain cannot be read
        """
        domain = self._parse_domain()
        domain &= Domain("company_id", "in", [self.company_id.id, False])
        domain &= self._status_domain() & self._date_domain()
        if self.category_ids:
            field = "partner_id.category_id" if self.target == "lead" else "category_id"
            domain &= Domain(field, "in", self.category_ids.ids)
        if self.target == "partner":
            # staff and the company itself are nobody's customers
            own = self.env["res.company"].sudo().search([]).partner_id
            domain &= Domain("partner_share", "=", True)
            domain &= Domain("id", "not in", own.ids)
        else:
            domain &= Domain("probability", "<", 100)
        return domain

    def _parse_domain(self):
        """Read the free domain.

        :rtype: odoo.fields.Domain
        :raise ValidationError: a sentence that says what is wrong with it
        """
        self.ensure_one()
        model = self.env[self._target_model()].sudo()
        try:
            domain = Domain(ast.literal_eval(self.domain or "[]"))
            domain.validate(model)
        except (ValueError, SyntaxError, TypeError, KeyError, MemoryError) as error:
            raise ValidationError(
                self.env._(
                    "The filters of “%(campaign)s” cannot be used: %(why)s",
                    campaign=self.name,
                    why=str(error),
                )
            ) from error
        return domain

    def _status_domain(self):
        on_lead = self.target == "lead"
        attended = Domain("dialer_attendance_ids", "!=", False)
        stage = "stage_id.is_won" if on_lead else "opportunity_ids.stage_id.is_won"
        if on_lead:
            opened = Domain("type", "=", "opportunity")
        else:
            opened = Domain("opportunity_ids.type", "=", "opportunity")
        return {
            "any": Domain.TRUE,
            "never_contacted": ~attended,
            "contacted": attended,
            "open_opportunity": opened & Domain(stage, "=", False),
            "won": Domain(stage, "=", True),
            "archived": Domain("active", "=", False),
        }[self.customer_status]

    def _date_domain(self):
        field = {
            "create_date": "create_date",
            "last_contact": "dialer_attendance_ids.date",
            "next_contact": "dialer_attendance_ids.next_contact_at",
        }[self.date_filter]
        domain = Domain.TRUE
        start, end = self._local_bounds()
        if start:
            domain &= Domain(field, ">=", start)
        if end:
            domain &= Domain(field, "<", end)
        return domain

    def _local_bounds(self):
        """First moment of the first day and of the day after the last, naive UTC."""
        last = self.date_to and fields.Date.add(self.date_to, days=1)
        return self._midnight(self.date_from), self._midnight(last)

    def _midnight(self, day):
        """Begin of a day in the company's time zone, naive UTC, or False."""
        if not day:
            return False
        local = self.company_id._dialer_tz().localize(
            datetime.combine(day, time.min)
        )
        return local.astimezone(pytz.utc).replace(tzinfo=None)
