# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom a campaign calls: its filters, as one query that is never read into Python.

A person chooses, so the query is built with that person's rights: of whoever looks at
the form before a save, of whoever saved the filters last ever after. Only what the
dialer itself knows (its own companies, attendances, lists) is read as superuser.
"""

import psycopg2
import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .typed_domain import TypedDomain

# What a domain that was typed can raise while it becomes a query.
DOMAIN_ERRORS = (
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    MemoryError,
    RecursionError,
    NotImplementedError,
    UserError,
    psycopg2.DataError,
    psycopg2.ProgrammingError,
    psycopg2.NotSupportedError,
    psycopg2.errors.ProgramLimitExceeded,
    psycopg2.errors.StatementTooComplex,
)
# Statuses of which the leads themselves are read, won and lost ones too.
WITH_WON = ("won", "stage")
SUPERVISOR = "dialer_plinx_gate.group_dialer_supervisor"
# The filters that choose records.
CHOICES = (
    "category_ids",
    "lead_tag_ids",
    "stage_ids",
    "user_ids",
    "team_ids",
    "country_ids",
    "state_ids",
)
# Whoever writes one of these answers for all of them.
FILTERS = (
    "target",
    "domain",
    "date_filter",
    "date_from",
    "date_to",
    "customer_status",
    *CHOICES,
)
# Planning a query may take so many seconds.
PLAN_SECONDS = 5


class FiltersError(ValidationError):
    """Filters that cannot be used, as a sentence."""


class FiltersTakeTooLong(FiltersError):
    """Filters that PostgreSQL did not get through in time."""


class DialerCampaign(models.Model):
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
        help="Customers with one of these tags or one of their subtags.",
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
                        "The dates of “%(campaign)s” are in the wrong order: %(from)s "
                        "is after %(to)s.",
                        campaign=campaign.name or self.env._("New"),
                        **{"from": campaign.date_from, "to": campaign.date_to},
                    )
                )

    @api.constrains(*FILTERS)
    def _check_filters(self):
        """Have PostgreSQL plan the query, which finds what it could not compare.

        Odoo checks as superuser: the rights are those of the person who writes.
        """
        for campaign in self:
            campaign._plan(self.env.user)

    def _plan(self, person):
        """Plan the query of the filters with this person's rights.

        :raise UserError: when they cannot be used
        """
        self._forget_choices()
        try:
            with self._limited(PLAN_SECONDS):
                query = self._customer_query(person)
                self._run(SQL("EXPLAIN %s", query.select()))
        except DOMAIN_ERRORS as error:
            raise self._domain_error(error) from error

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
                        "The queue of “%(campaign)s” is filled: you can no longer "
                        "switch between customers and leads.",
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
                        campaign=campaign.name or self.env._("New"),
                    )
                )

    def _domain_error(self, error):
        """The sentence for filters that cannot be used.

        :rtype: odoo.exceptions.UserError
        """
        if isinstance(error, FiltersError):
            return error
        return FiltersError(
            self.env._(
                "The filters of “%(campaign)s” cannot be used: %(why)s",
                campaign=self.name or self.env._("New"),
                why=str(error).strip().split("\n")[0],
            )
        )

    # -------------------------------------------------------------------------
    # The query
    # -------------------------------------------------------------------------

    def _target_model(self):
        return "crm.lead" if self.target == "lead" else "res.partner"

    def _customer_query(self, person=None):
        """The customers who match the filters, as a query not yet run.

        :param res.users person: whose rights decide; default: who set the filters
        :rtype: odoo.tools.Query
        :raise UserError: when the filters cannot be used
        """
        person = person or self._filter_person()
        customers = self._as_person(person, self._target_model())
        try:
            return customers._search(
                self._customer_domain(person),
                active_test=self.customer_status != "archived",
            )
        except DOMAIN_ERRORS as error:
            raise self._domain_error(error) from error

    def _customer_domain(self, person):
        """All filters of the campaign as one domain on the customer, or the lead.

        :rtype: odoo.fields.Domain
        :raise UserError: when the filters cannot be used
        """
        return Domain.AND(
            [
                TypedDomain(self._as_person(person, self._target_model())).domain_of(
                    self.domain
                ),
                Domain("company_id", "in", [self.company_id.id, False]),
                self._target_domain(),
                self._status_domain(person),
                self._date_domain(),
                self._group_domain(person),
                self._place_domain(person),
            ]
        )

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

    def _status_domain(self, person):
        """What the customer, or the lead, has to do with the company so far."""
        stages = Domain("stage_id", "in", self._chosen(person, "stage_ids").ids)
        on_lead = {
            "stage": stages,
            "open_opportunity": Domain("type", "=", "opportunity")
            & Domain("won_status", "=", "pending"),
            "won": Domain("won_status", "=", "won"),
        }
        status = self.customer_status
        if status in on_lead:
            # of a contact it is asked whether one of the leads is like this
            if self.target == "lead":
                return on_lead[status]
            own = Domain("company_id", "in", [self.company_id.id, False])
            leads = self._as_person(person, "crm.lead")
            leads = leads._search(on_lead[status] & own)
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

    def _group_domain(self, person):
        """Tags, salespersons and sales teams."""
        on_lead = self.target == "lead"
        domain = Domain.TRUE
        if tags := self._chosen(person, "category_ids"):
            field = "partner_id.category_id" if on_lead else "category_id"
            # a tag that was archived still names a group of customers
            below = tags.search([("id", "child_of", tags.ids)])
            domain &= Domain(field, "in", below.ids)
        if lead_tags := self._chosen(person, "lead_tag_ids"):
            field = "tag_ids" if on_lead else "opportunity_ids.tag_ids"
            domain &= Domain(field, "in", lead_tags.ids)
        if users := self._chosen(person, "user_ids"):
            domain &= Domain("user_id", "in", users.ids)
        if teams := self._chosen(person, "team_ids").ids:
            if on_lead:
                domain &= Domain("team_id", "in", teams)
            else:
                domain &= Domain("user_id.sale_team_id", "in", teams) | Domain(
                    "opportunity_ids.team_id", "in", teams
                )
        return domain

    def _place_domain(self, person):
        domain = Domain.TRUE
        if countries := self._chosen(person, "country_ids"):
            domain &= Domain("country_id", "in", countries.ids)
        if states := self._chosen(person, "state_ids"):
            domain &= Domain("state_id", "in", states.ids)
        return domain

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
