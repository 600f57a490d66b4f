# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the form shows of those who match the filters, before anybody is called."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from .filters import FILTERS, SUPERVISOR

SAMPLE = 10
# A number has at least so many digits; fewer are no phone worth a try.
PHONE_DIGITS = 8
# A statement of the preview may take so many seconds: somebody waits, and a worker.
PREVIEW_SECONDS = 5


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    match_count = fields.Integer(
        string="Match the filters",
        compute="_compute_matches",
        compute_sudo=False,
        groups=SUPERVISOR,
    )
    match_no_phone = fields.Integer(
        string="Without a phone",
        compute="_compute_matches",
        compute_sudo=False,
        groups=SUPERVISOR,
    )
    match_do_not_call = fields.Integer(
        string="On a do-not-call list",
        compute="_compute_matches",
        compute_sudo=False,
        groups=SUPERVISOR,
    )
    match_elsewhere = fields.Integer(
        string="In another running campaign",
        compute="_compute_matches",
        compute_sudo=False,
        groups=SUPERVISOR,
    )
    match_sample = fields.Html(
        string="For example",
        compute="_compute_matches",
        compute_sudo=False,
        sanitize=False,
        groups=SUPERVISOR,
    )
    match_error = fields.Char(
        compute="_compute_matches", compute_sudo=False, groups=SUPERVISOR
    )

    @api.depends("company_id", *FILTERS, "state")
    def _compute_matches(self):
        """Count whom the filters choose, while nobody is called by them yet.

        A campaign that runs shows its queue instead.
        """
        nothing = {
            "match_count": 0,
            "match_no_phone": 0,
            "match_do_not_call": 0,
            "match_elsewhere": 0,
            "match_sample": False,
            "match_error": False,
        }
        for campaign in self:
            values = dict(nothing)
            if campaign.state in ("draft", "paused"):
                values |= campaign._matches()
            campaign.update(values)

    def _matches(self):
        """What the form shows of those who match, to the person who looks at it.

        :return: values of the ``match_`` fields; a sentence when the filters are wrong
        :rtype: dict
        """
        try:
            self._check_own()
            self._check_dates()
            self._check_stages()
            self._plan(self.env.user)
            with self._limited(PREVIEW_SECONDS):
                total, mute, listed, elsewhere = self._count_matches()
                sample = self._sample()
        except UserError as error:
            return {"match_error": str(error)}
        return {
            "match_count": total,
            "match_no_phone": mute,
            "match_do_not_call": listed,
            "match_elsewhere": elsewhere,
            "match_sample": sample,
        }

    def _check_own(self):
        """Show nothing of a company, or for people, that are not the person's.

        What the form holds may never have been saved: no rule has seen it.

        :raise UserError: a sentence
        """
        if not self.company_id:
            raise ValidationError(self.env._("Choose the company that calls."))
        if not self.target:
            raise ValidationError(
                self.env._("Choose whether customers or leads are called.")
            )
        if self.env.su:
            return
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("You may not see customers of this company."))
        # sudo: whose they are is asked of records that the person may not see
        agents = (self.agent_ids._origin - self._origin.agent_ids).sudo()
        if agents.filtered(lambda agent: self.company_id not in agent.company_ids):
            raise self._unseen("agent_ids")
        calendar = self.calendar_id._origin.sudo()
        if calendar.company_id and calendar.company_id != self.company_id:
            raise self._unseen("calendar_id")

    def _count_matches(self):
        """Count, in one pass, all who match and those who will not be called.

        :return: all, without a phone, on a do-not-call list, in another campaign
        :rtype: tuple[int, int, int, int]
        """
        self.env["dialer.queue.entry"].flush_model()
        self.env["dialer.campaign"].flush_model(["state"])
        self.env[self._target_model()].flush_model(["phone", "phone_sanitized"])
        # one pass: the customers are joined with both lists and counted by each
        query = self._customer_query(self.env.user)
        self._join_do_not_call(query)
        table = query.table
        query.add_join("LEFT JOIN", "elsewhere", *self._elsewhere(table))
        without_phone = SQL(
            "%s IS NULL AND length(regexp_replace(COALESCE(%s, ''), '\\D', '', 'g'))"
            " < %s",
            SQL.identifier(table, "phone_sanitized"),
            SQL.identifier(table, "phone"),
            PHONE_DIGITS,
        )
        columns = [
            SQL("count(*)"),
            SQL("count(*) FILTER (WHERE %s)", without_phone),
            SQL("count(do_not_call.number)"),
            SQL("count(elsewhere.customer_id)"),
        ]
        return self._run(query.select(*columns))[0]

    def _elsewhere(self, table):
        """Customers whom another running campaign of the company calls.

        :return: table and condition of a join with the customers
        :rtype: tuple[SQL, SQL]
        """
        link = SQL.identifier("other", self._link())
        rows = SQL(
            """(SELECT DISTINCT %s AS customer_id
                  FROM dialer_queue_entry other
                  JOIN dialer_campaign running ON running.id = other.campaign_id
                 WHERE running.state = 'running' AND running.id != %s
                   AND running.company_id = %s AND %s IS NOT NULL
                   AND other.state IN ('pending', 'reserved', 'asking', 'dialing'))""",
            link,
            self._origin.id or 0,
            self.company_id.id,
            link,
        )
        return rows, SQL("elsewhere.customer_id = %s", SQL.identifier(table, "id"))

    def _sample(self):
        """The first customers who match, as a table.

        :rtype: markupsafe.Markup
        """
        query = self._customer_query(self.env.user)
        query.order = SQL.identifier(query.table, "id")
        query.limit = SAMPLE
        customers = self._as_person(self.env.user, self._target_model())
        customers = customers.browse(row[0] for row in self._run(query.select()))
        rows = [
            Markup("<tr><td>%s</td><td>%s</td><td>%s</td></tr>")
            % (customer.display_name, customer.phone or "", customer.city or "")
            for customer in customers
        ]
        if not rows:
            return False
        return Markup('<table class="table table-sm mb-0">%s</table>') % Markup(
            ""
        ).join(rows)
