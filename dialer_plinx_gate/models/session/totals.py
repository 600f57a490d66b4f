# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an agent did today, and how long it took."""

from odoo import fields, models
from odoo.tools import SQL


class DialerSession(models.Model):
    _inherit = "dialer.session"

    def _day_totals(self):
        """Add up this agent's day in the company's time zone, over all sessions.

        Waiting is what remains of the sessions' time: searching, and looking at a
        customer before the call.

        :return: ``calls``, ``collisions_avoided`` (customers in conversation who
            were not called), ``results`` (list of ``id``, ``name``, ``count``) and
            the seconds ``talking``, ``wrap_up``, ``waiting``, ``paused``
        :rtype: dict
        """
        self.ensure_one()
        now = fields.Datetime.now()
        row = self._query_day(now)
        totals = {
            "calls": row["calls"],
            "collisions_avoided": row["collisions"],
            "talking": row["talking"],
            "wrap_up": row["wrap_up"],
            "paused": row["paused"],
            "results": row["results"],
        }
        entry = self._held_entry()
        if entry.state == "dialing":
            talking, wrap_up = entry._call_seconds(now)
            totals["calls"] += 1
            totals["talking"] += talking
            totals["wrap_up"] += wrap_up
        busy = totals["talking"] + totals["wrap_up"] + totals["paused"]
        totals["waiting"] = max(0, row["worked"] - busy)
        return totals

    def _query_day(self, now):
        """Read what :meth:`_day_totals` adds up, in one statement.

        :param datetime now: naive UTC
        :rtype: dict
        """
        company, start = self.company_id, self.company_id._dialer_day_start()
        gate = self.env["dialer.gate"]
        self.env.flush_all()
        # what was attended today by result, and beside it three sums of the day
        rows = self.env.execute_query_dict(
            SQL(
                """
                WITH attended AS (
                    SELECT result_id, count(*) AS number,
                           count(*) FILTER (
                               WHERE origin = 'dialer' AND channel = 'phone'
                           ) AS calls,
                           sum(duration) AS talking, sum(wrap_up) AS wrap_up
                      FROM dialer_attendance
                     WHERE user_id = %(user)s AND date >= %(start)s
                       AND company_id = %(company)s
                  GROUP BY result_id
                )
                SELECT COALESCE(sum(calls), 0)::int AS calls,
                       COALESCE(sum(talking), 0)::int AS talking,
                       COALESCE(sum(wrap_up), 0)::int AS wrap_up,
                       COALESCE(json_agg(json_build_object(
                           'id', result.id,
                           'name', COALESCE(
                               result.name->>%(lang)s, result.name->>'en_US'
                           ),
                           'count', number
                       ) ORDER BY result.sequence, result.id)
                           FILTER (WHERE result.id IS NOT NULL), '[]') AS results,
                       (%(worked)s)::int AS worked, (%(paused)s)::int AS paused,
                       (%(avoided)s)::int AS collisions
                  FROM attended JOIN dialer_result result ON result.id = result_id
                """,
                user=self.user_id.id,
                company=company.id,
                lang=self.env.lang or "en_US",
                start=start,
                avoided=gate._avoided_sql(self.user_id, company, start),
                worked=self._overlap_query("dialer_session", "closed_at", now),
                paused=self._overlap_query("dialer_session_pause", "ended_at", now),
            )
        )
        return rows[0]

    def _overlap_query(self, table, end, now):
        """SQL for the seconds of today that rows of this agent lasted.

        :param str table: a table with ``user_id``, ``company_id``, ``started_at``
        :param str end: its column with the end, empty while it lasts
        :param datetime now: naive UTC
        :rtype: odoo.tools.SQL
        """
        company = self.company_id
        # what began before today counts from midnight on
        return SQL(
            """
            SELECT COALESCE(sum(EXTRACT(EPOCH FROM
                       COALESCE(%(end)s, %(now)s) - GREATEST(started_at, %(start)s)
                   )), 0)
              FROM %(table)s
             WHERE user_id = %(user)s AND company_id = %(company)s
               AND (%(end)s IS NULL OR %(end)s > %(start)s)
            """,
            table=SQL.identifier(table),
            end=SQL.identifier(end),
            now=now,
            start=company._dialer_day_start(),
            user=self.user_id.id,
            company=company.id,
        )
