# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The part of a campaign's filters that looks at dates and at earlier contacts."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

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
        # two NOT EXISTS, each along an index of its own, rather than one with an OR
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
        # what was agreed counts by the company's day; where it has an activity, that
        # is counted already, and may have been moved since
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
