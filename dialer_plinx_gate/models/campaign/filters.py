# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom a campaign calls: its filters, as one query that is never read into Python.

A person chooses, so the query is built with that person's rights: of whoever looks at
the form before a save, of whoever saved the filters last ever after. Only what the
dialer itself knows (its own companies, attendances, lists) is read as superuser.
"""

from contextlib import contextmanager

import psycopg2
import psycopg2.errors

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
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
# The filters that choose records; of each, so many at the most.
CHOICES = (
    "category_ids",
    "lead_tag_ids",
    "stage_ids",
    "user_ids",
    "team_ids",
    "country_ids",
    "state_ids",
)
MAX_CHOICES = 1_000
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
# Written by the dialer alone.
OWN_FIELDS = frozenset({"filter_user_id", "fill_user_id", "fill_error"})
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
    filter_user_id = fields.Many2one(
        "res.users",
        string="Filters set by",
        readonly=True,
        copy=False,
        tracking=True,
        help="Who saved the filters last. The queue is filled with the customers whom "
        "this person may see.",
    )

    def _init_column(self, column_name):
        """Campaigns from before have the rights of who made them.

        Those made by the system stay without anybody if something was typed into them
        since: a supervisor has to answer for it.
        """
        if column_name != "filter_user_id":
            return super()._init_column(column_name)
        self.env.cr.execute(
            SQL(
                """
                UPDATE dialer_campaign SET filter_user_id = create_uid
                 WHERE filter_user_id IS NULL
                   AND (create_uid != %s OR COALESCE(domain, '[]') = '[]')
                """,
                SUPERUSER_ID,
            )
        )
        return None

    @api.model_create_multi
    def create(self, vals_list):
        """Note whose filters they are."""
        return super().create([self._sign_filters(vals, True) for vals in vals_list])

    @api.model
    def _sign_filters(self, vals, is_new=False):
        """Values to write, with who answers for the filters among them.

        :param dict vals: values of a create or a write
        :param bool is_new: whether the filters not named get their defaults
        :rtype: dict
        :raise AccessError: when a person writes what the dialer alone writes
        """
        if not self.env.su and OWN_FIELDS & vals.keys():
            raise AccessError(
                self.env._("Only the dialer itself notes whose filters they are.")
            )
        if is_new or not vals.keys().isdisjoint(FILTERS):
            vals = {**vals, "filter_user_id": self.env.uid, "fill_error": False}
        return vals

    def _person_may_set(self, name, value):
        """Whoever saves filters answers for them: see :meth:`_sign_filters`."""
        signed = {"filter_user_id": self.env.uid, "fill_error": False}
        return (name in signed and value == signed[name]) or super()._person_may_set(
            name, value
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

        :rtype: odoo.exceptions.UserError
        """
        if isinstance(error, FiltersError):
            return error
        return FiltersError(
            self.env._(
                "The filters of “%(campaign)s” cannot be used: %(why)s",
                campaign=self.name or "",
                why=str(error).strip().split("\n")[0],
            )
        )

    # -------------------------------------------------------------------------
    # Whose rights
    # -------------------------------------------------------------------------

    def _filter_person(self):
        """Who answers for the saved filters.

        :rtype: res.users
        :raise UserError: a sentence, when nobody does any more
        """
        person = self.filter_user_id
        if problem := self._person_problem(person):
            raise FiltersError(problem)
        return person

    def _person_problem(self, person):
        """Why the filters cannot have this person's rights.

        :return: a sentence, or None
        """
        # sudo: res.users - whether somebody left is not theirs to hide
        person = person.sudo()
        if person.id == SUPERUSER_ID:
            # OdooBot made it: demo and other data; nobody can log in as it
            return None
        user = {"user": person.name or ""}
        if not person:
            problem = self.env._("Nobody answers for the filters any more.")
        elif not person.active:
            problem = self.env._("%(user)s, who set the filters, is archived.", **user)
        elif self.company_id not in person.company_ids:
            problem = self.env._(
                "%(user)s, who set the filters, no longer belongs to the company.",
                **user,
            )
        elif not person.has_group(SUPERVISOR):
            problem = self.env._(
                "%(user)s, who set the filters, is no longer a supervisor.", **user
            )
        else:
            return None
        return self.env._(
            "%(problem)s Check the filters of “%(campaign)s” and press Fill the queue: "
            "from then on you answer for them.",
            problem=problem,
            campaign=self.name or "",
        )

    def _take_over(self):
        """Let whoever presses the button answer for filters that nobody answers for."""
        for campaign in self:
            if self.env.uid != SUPERUSER_ID and campaign._person_problem(
                campaign.filter_user_id
            ):
                campaign._plan(self.env.user)
                # sudo: the dialer notes it; nobody writes it
                campaign.sudo().filter_user_id = self.env.user

    def _as_person(self, person, model):
        """An empty recordset in this person's environment, whatever the caller's is.

        The context is made anew: a caller's may widen a search.
        """
        # sudo: res.users - preferences of who set the filters
        known = person.sudo()
        context = {
            "lang": known.lang,
            "tz": known.tz,
            "allowed_company_ids": self.company_id.ids,
        }
        env = self.env(user=person.id, context=context, su=person.id == SUPERUSER_ID)
        return env[model]

    def _forget_choices(self):
        """Read the choices anew: those in the cache are what the caller may see."""
        self.filtered("id").invalidate_recordset(CHOICES)

    def _chosen(self, person, name):
        """The records that a filter chooses, for this person.

        :rtype: odoo.models.BaseModel
        :raise UserError: when the person may not see one, or there are too many
        """
        # sudo: a filter that whoever presses the button cannot see is still a filter
        ids = self.sudo()[name].ids
        if len(ids) > MAX_CHOICES:
            raise FiltersError(
                self.env._(
                    "“%(field)s” may name %(most)s at most.",
                    field=self._label(name),
                    most=f"{MAX_CHOICES:,}",
                )
            )
        records = self._as_person(person, self._fields[name].comodel_name)
        records = records.browse(ids).with_context(active_test=False)
        if ids and records.search_count([("id", "in", ids)]) < len(ids):
            raise self._unseen(name)
        return records

    def _label(self, name):
        return self._fields[name].get_description(self.env, ["string"])["string"]

    def _unseen(self, name):
        return FiltersError(
            self.env._(
                "“%(field)s” names what you may not see.", field=self._label(name)
            )
        )

    # -------------------------------------------------------------------------
    # In time
    # -------------------------------------------------------------------------

    @contextmanager
    def _limited(self, seconds):
        """Give each statement so many seconds; what was cancelled leaves no trace.

        :raise FiltersTakeTooLong: when one needed more
        """
        cr = self.env.cr
        self.env.flush_all()
        try:
            with cr.savepoint(flush=False):
                cr.execute(
                    "SELECT current_setting('statement_timeout'),"
                    " set_config('statement_timeout', %s, TRUE)",
                    [str(max(1, int(seconds * 1000)))],
                )
                before = cr.fetchone()[0]
                yield
                cr.execute("SELECT set_config('statement_timeout', %s, TRUE)", [before])
        except psycopg2.errors.QueryCanceled as error:
            raise FiltersTakeTooLong(
                self.env._(
                    "The filters of “%(campaign)s” take too long: more than "
                    "%(seconds)s seconds. Choose fewer or simpler ones.",
                    campaign=self.name or "",
                    seconds=seconds,
                )
            ) from error

    def _run(self, statement):
        """Run a statement made of filters; what PostgreSQL refuses is not logged.

        :return: its rows
        :rtype: list[tuple]
        """
        self.env.flush_query(statement)
        self.env.cr.execute(statement, log_exceptions=False)
        return self.env.cr.fetchall()

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
                TypedDomain(self._as_person(person, self._target_model())).read(
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
