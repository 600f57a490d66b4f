# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an agent did today, and how long it took."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class DialerSession(models.Model):
    _inherit = "dialer.session"

    _user_started = models.Index("(user_id, started_at)")

    def hang_up(self):
        """Say that the talk is over; what follows until the result is wrap-up time.

        Optional: without it the whole time up to the result counts as talk.

        :return: the state, see :meth:`get_state`
        :rtype: dict
        :raise UserError: when no call is going on
        """
        session = self._as_agent()
        entry = session._held_entry()
        if entry.state != "dialing":
            raise UserError(self.env._("There is no call to end."))
        session._lock()
        if not entry.hung_up_at:
            entry.hung_up_at = fields.Datetime.now()
        return session._state()

    def _state(self, skipped=0, message=None, **extra):
        """Add today's totals and, where the dialer dials by itself, the countdown."""
        extra = {
            "totals": self._day_totals(),
            "countdown": self._countdown(),
            **extra,
        }
        return super()._state(skipped=skipped, message=message, **extra)

    def _countdown(self):
        """Seconds until the client dials by itself, None where the agent decides.

        The server does not dial: the client counts, and the agent can stop it.

        :rtype: int | None
        """
        dials_itself = (
            self.state == "running"
            and self.decision == "dial"
            and self.entry_id.state == "reserved"
            and self.campaign_id.dial_mode == "progressive"
            and self.campaign_id.state == "running"
        )
        return self.campaign_id.countdown_seconds if dials_itself else None

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
        entry = self.entry_id
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
        company = self.company_id
        self.env.flush_all()
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
                       (SELECT count(*) FROM dialer_gate_event
                         WHERE user_id = %(user)s AND date >= %(start)s
                           AND company_id = %(company)s AND verdict = 'active'
                           AND (decision = 'skip'
                                OR decision = 'ask' AND answer IN ('yes', 'no'))
                       )::int AS collisions
                  FROM attended JOIN dialer_result result ON result.id = result_id
                """,
                user=self.user_id.id,
                company=company.id,
                lang=self.env.lang or "en_US",
                start=company._dialer_day_start(),
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
