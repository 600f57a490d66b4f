# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom a campaign calls: its filters, as one query that is never read into Python."""

import ast

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

# What a domain that was typed can raise while it becomes a query.
DOMAIN_ERRORS = (
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    AttributeError,
    MemoryError,
    RecursionError,
    NotImplementedError,
    UserError,
    psycopg2.DataError,
    psycopg2.ProgrammingError,
)
# Statuses of which the leads themselves are read, won and lost ones too.
WITH_WON = ("won", "stage")


class DialerCampaign(models.Model):
    _name = "dialer.campaign"
    _inherit = "dialer.campaign"

    domain = fields.Char(
        string="Other filters",
        longest=100_000,
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
        help="Last contact: date of the latest attendance. Next contact: the earliest "
        "open activity, or the next contact agreed in the latest attendance.",
    )
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    category_ids = fields.Many2many(
        "res.partner.category",
        string="Tags",
        context={"active_test": False},
        help="Customers with one of these tags, or with a tag below one of them.",
    )
    lead_tag_ids = fields.Many2many(
        "crm.tag", string="Lead tags", help="Leads with one of these tags."
    )
    customer_status = fields.Selection(
        [
            ("any", "Any, not archived"),
            ("never_contacted", "Never contacted"),
            ("contacted", "Contacted before"),
            ("stage", "With a lead in these stages"),
            ("open_opportunity", "With an open opportunity"),
            ("won", "With a won opportunity"),
            ("archived", "Archived"),
        ],
        default="any",
        required=True,
    )
    stage_ids = fields.Many2many("crm.stage", string="Stages")
    user_ids = fields.Many2many(
        "res.users",
        "dialer_campaign_salesperson_rel",
        "campaign_id",
        "user_id",
        string="Salespersons",
        context={"active_test": False},
        ondelete="restrict",
        check_company=True,
        domain="[('share', '=', False)]",
        help="Customers, or leads, of one of these salespersons.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        string="Sales teams",
        check_company=True,
        context={"active_test": False},
        help="Leads of one of these teams. A customer belongs to the teams of its "
        "salesperson and of its opportunities.",
    )
    country_ids = fields.Many2many(
        "res.country", string="Countries", ondelete="restrict"
    )
    state_ids = fields.Many2many(
        "res.country.state", string="States", ondelete="restrict"
    )

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
                        campaign=campaign.name or "",
                        **{"from": campaign.date_from, "to": campaign.date_to},
                    )
                )

    @api.constrains("domain", "target")
    def _check_domain(self):
        """Have PostgreSQL plan the query, which finds what it could not compare."""
        for campaign in self:
            model = self.env[campaign._target_model()].sudo()
            try:
                with self.env.cr.savepoint(flush=False):
                    query = model._search(campaign._parse_domain())
                    self.env.cr.execute(
                        SQL("EXPLAIN %s", query.select()), log_exceptions=False
                    )
            except ValidationError:
                raise
            except DOMAIN_ERRORS as error:
                raise campaign._domain_error(error) from error

    @api.constrains("target")
    def _check_target(self):
        """Keep customers and leads in queues of their own."""
        for campaign in self:
            unlike = "=" if campaign.target == "lead" else "!="
            if self.env["dialer.queue.entry"].search_count(
                [("campaign_id", "=", campaign.id), ("lead_id", unlike, False)], limit=1
            ):
                raise ValidationError(
                    self.env._(
                        "The queue of “%(campaign)s” is filled: whether it calls "
                        "customers or leads cannot be changed any more.",
                        campaign=campaign.name,
                    )
                )

    @api.constrains("customer_status", "stage_ids")
    def _check_stages(self):
        for campaign in self:
            if campaign.customer_status == "stage" and not campaign.stage_ids:
                raise ValidationError(
                    self.env._(
                        "Choose the stages whose leads “%(campaign)s” calls.",
                        campaign=campaign.name or "",
                    )
                )

    def _domain_error(self, error):
        """The sentence for filters that cannot be used.

        :rtype: odoo.exceptions.ValidationError
        """
        return ValidationError(
            self.env._(
                "The filters of “%(campaign)s” cannot be used: %(why)s",
                campaign=self.name or "",
                why=str(error).strip().split("\n")[0],
            )
        )

    # -------------------------------------------------------------------------
    # The query
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
        return Domain.AND(
            [
                self._parse_domain(),
                Domain("company_id", "in", [self.company_id.id, False]),
                self._target_domain(),
                self._status_domain(),
                self._date_domain(),
                self._group_domain(),
                self._place_domain(),
            ]
        )

    def _parse_domain(self):
        """Read the free domain.

        :rtype: odoo.fields.Domain
        :raise ValidationError: a sentence that says what is wrong with it
        """
        model = self.env[self._target_model()].sudo()
        try:
            domain = Domain(ast.literal_eval(self.domain or "[]"))
            domain.validate(model)
        except DOMAIN_ERRORS as error:
            raise self._domain_error(error) from error
        return domain

    def _target_domain(self):
        """Who can be called at all: no staff, no own company, nothing settled."""
        if self.target == "partner":
            # sudo: also the companies that the supervisor does not see
            companies = self.env["res.company"].sudo()
            own = companies.with_context(active_test=False)._search(Domain.TRUE)
            return Domain("partner_share", "=", True) & ~Domain(
                "id", "in", own.subselect("partner_id")
            )
        if self.customer_status in WITH_WON:
            return Domain.TRUE
        return Domain("won_status", "!=", "won")

    def _status_domain(self):
        """What the customer, or the lead, has to do with the company so far."""
        stages = Domain("stage_id", "in", self.stage_ids.ids)
        on_lead = {
            "stage": stages,
            "open_opportunity": Domain("type", "=", "opportunity")
            & Domain("won_status", "=", "pending"),
            "won": Domain("won_status", "=", "won"),
        }
        status = self.customer_status
        if status in on_lead:
            if self.target == "lead":
                return on_lead[status]
            own = Domain("company_id", "in", [self.company_id.id, False])
            leads = self.env["crm.lead"].sudo()._search(on_lead[status] & own)
            return self._chosen_by(
                leads.select(SQL.identifier("crm_lead", "partner_id"))
            )
        if status == "never_contacted":
            return Domain.custom(to_sql=self._never_contacted_sql)
        if status == "contacted":
            return self._chosen_by(
                SQL("SELECT customer_id FROM %s contact", self._contacts())
            )
        if status == "archived":
            return Domain("active", "=", False)
        return Domain.TRUE

    def _group_domain(self):
        """Tags, salespersons and sales teams."""
        on_lead = self.target == "lead"
        domain = Domain.TRUE
        if tags := self.category_ids:
            field = "partner_id.category_id" if on_lead else "category_id"
            # a tag that was archived still names a group of customers
            below = tags.with_context(active_test=False).search(
                [("id", "child_of", tags.ids)]
            )
            domain &= Domain(field, "in", below.ids)
        if self.lead_tag_ids:
            field = "tag_ids" if on_lead else "opportunity_ids.tag_ids"
            domain &= Domain(field, "in", self.lead_tag_ids.ids)
        if self.user_ids:
            domain &= Domain("user_id", "in", self.user_ids.ids)
        if teams := self.team_ids.ids:
            if on_lead:
                domain &= Domain("team_id", "in", teams)
            else:
                domain &= Domain("user_id.sale_team_id", "in", teams) | Domain(
                    "opportunity_ids.team_id", "in", teams
                )
        return domain

    def _place_domain(self):
        domain = Domain.TRUE
        if self.country_ids:
            domain &= Domain("country_id", "in", self.country_ids.ids)
        if self.state_ids:
            domain &= Domain("state_id", "in", self.state_ids.ids)
        return domain

    # -------------------------------------------------------------------------
    # Dates
    # -------------------------------------------------------------------------

    def _date_domain(self):
        """The period of creation, of the latest or of the next contact."""
        if not self.date_from and not self.date_to:
            return Domain.TRUE
        if self.date_filter == "last_contact":
            return self._chosen_by(self._last_contact_sql())
        if self.date_filter == "next_contact":
            return self._chosen_by(self._next_contact_sql())
        domain = Domain.TRUE
        start, end = self._local_bounds()
        if start:
            domain &= Domain("create_date", ">=", start)
        if end:
            domain &= Domain("create_date", "<", end)
        return domain

    def _local_bounds(self):
        """First moment of the first day and of the day after the last.

        :return: naive UTC each, or False where the period is open
        :rtype: tuple
        """
        company = self.company_id
        last = self.date_to and fields.Date.add(self.date_to, days=1)
        return (
            self.date_from and company._dialer_local_midnight(self.date_from),
            last and company._dialer_local_midnight(last),
        )

    @api.model
    def _chosen_by(self, rows):
        """The customers whose id is in the first column of these rows.

        :param SQL rows: a SELECT
        :rtype: odoo.fields.Domain
        """
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN (%s)", SQL.identifier(alias, "id"), rows
            )
        )

    @api.model
    def _between(self, value, start, end):
        """A value at or after the start and before the end, where there are such."""
        conditions = [SQL("TRUE")]
        if start:
            conditions.append(SQL("%s >= %s", value, start))
        if end:
            conditions.append(SQL("%s < %s", value, end))
        return SQL(" AND ").join(conditions)

    def _contacts(self):
        """All attendances of this company, as rows customer_id, date, next contact.

        A lead that has a customer was contacted when the customer was.

        :return: a subquery in parentheses
        :rtype: SQL
        """
        self.env["dialer.attendance"].flush_model()
        if self.target == "partner":
            return SQL(
                "(SELECT partner_id AS customer_id, id, date, next_contact_at,"
                " activity_id FROM dialer_attendance"
                " WHERE company_id = %s AND partner_id IS NOT NULL)",
                self.company_id.id,
            )
        self.env["crm.lead"].flush_model(["partner_id"])
        return SQL(
            """(SELECT lead_id AS customer_id, id, date, next_contact_at, activity_id
                  FROM dialer_attendance
                 WHERE company_id = %(company)s AND lead_id IS NOT NULL
             UNION ALL
                SELECT lead.id, made.id, made.date, made.next_contact_at,
                       made.activity_id
                  FROM dialer_attendance made
                  JOIN crm_lead lead ON lead.partner_id = made.partner_id
                 WHERE made.company_id = %(company)s
                   AND made.lead_id IS DISTINCT FROM lead.id)""",
            company=self.company_id.id,
        )

    def _never_contacted_sql(self, model, alias, query):
        self.env["dialer.attendance"].flush_model()
        links = [("lead_id", "id"), ("partner_id", "partner_id")]
        if self.target == "partner":
            links = [("partner_id", "id")]
        return SQL(" AND ").join(
            SQL(
                "NOT EXISTS (SELECT 1 FROM dialer_attendance made"
                " WHERE made.company_id = %s AND made.%s = %s)",
                self.company_id.id,
                SQL.identifier(theirs),
                SQL.identifier(alias, own),
            )
            for theirs, own in links
        )

    def _last_contact_sql(self):
        """Ids of the customers whose latest attendance is in the period."""
        return SQL(
            "SELECT customer_id FROM %s contact GROUP BY customer_id HAVING %s",
            self._contacts(),
            self._between(SQL("max(date)"), *self._local_bounds()),
        )

    def _next_contact_sql(self):
        """Ids of the customers whose next contact is in the period.

        It is the earliest of their open activities and of what the latest
        attendance agreed on, as long as that lies ahead and has no activity.
        """
        self.env["mail.activity"].flush_model()
        end = self.date_to and fields.Date.add(self.date_to, days=1)
        return SQL(
            """
            SELECT customer_id FROM (
                %(activities)s
             UNION ALL
                SELECT customer_id, (next_contact_at AT TIME ZONE 'UTC'
                                     AT TIME ZONE %(tz)s)::date
                  FROM (SELECT DISTINCT ON (customer_id)
                               customer_id, next_contact_at, activity_id
                          FROM %(contacts)s contact
                      ORDER BY customer_id, date DESC, id DESC) latest
                 WHERE next_contact_at > %(now)s AND activity_id IS NULL
            ) planned
            GROUP BY customer_id HAVING %(period)s
            """,
            activities=self._activities(),
            contacts=self._contacts(),
            tz=str(self.company_id._dialer_tz()),
            now=fields.Datetime.now(),
            period=self._between(SQL("min(day)"), self.date_from, end),
        )

    def _activities(self):
        """The open activities, as rows customer_id, day."""
        own = SQL(
            "SELECT res_id AS customer_id, date_deadline AS day FROM mail_activity"
            " WHERE active AND res_model = %s",
            self._target_model(),
        )
        if self.target == "partner":
            return own
        return SQL(
            "%s UNION ALL SELECT lead.id, task.date_deadline"
            " FROM mail_activity task JOIN crm_lead lead"
            " ON lead.partner_id = task.res_id"
            " WHERE task.active AND task.res_model = 'res.partner'",
            own,
        )
