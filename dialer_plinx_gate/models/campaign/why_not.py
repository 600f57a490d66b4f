# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Why the customers of a campaign are not being called, counted."""

from collections import Counter

from odoo import fields, models
from odoo.tools import SQL

from ...tools import inputs
from ..queue.calling_hours import CallingHours, Place
from ..queue.why_not import ENDED_REASONS


class DialerCampaign(models.Model):
    _inherit = "dialer.campaign"

    def _is_held_by(self, event):
        """Tell whether agents wait for Plinx because of this verdict."""
        self.ensure_one()
        sessions = self.env["dialer.session"].search(
            [("campaign_id", "=", self.id), ("decision", "=", "hold")]
        )
        return event in sessions.event_id

    def _why_not_counts(self, user=None, limit=None):
        """Count the customers of the queue by why they are not being called.

        Set-based: two statements, whatever the size of the queue.

        :param res.users user: the agent who asks, whose own callbacks are callable
        :param int limit: count no more than so many of those who wait, and of those
            in each other state: an agent waits for the answer
        :return: in order, dicts with ``code``, ``count``, ``more`` (there may be more
            than counted) and ``until`` (the earliest naive UTC moment at which one
            of the counted is due, or None)
        :rtype: list[dict]
        """
        self.ensure_one()
        reasons = self._query_reasons(user, limit)
        seen = Counter()
        for state, _code, count, _until in reasons:
            seen[state] += count
        waiting = [("pending", *row) for row in self._due_reasons(limit)]
        found = {}
        for state, code, count, until in [*reasons, *waiting]:
            reason = found.setdefault(
                code, {"code": code, "count": 0, "more": False, "until": until}
            )
            reason["count"] += count
            reason["more"] |= bool(limit) and seen[state] >= limit
            moments = [moment for moment in (reason["until"], until) if moment]
            reason["until"] = min(moments, default=None)
        return [
            found[code]
            for code in sorted(found, key=self.env["dialer.queue.entry"]._reason_order)
            if found[code]["count"]
        ]

    def _counted_entries(self, limit=None):
        """The entries that are counted: all, or the first of each state.

        :rtype: SQL
        """
        if not limit:
            return SQL(
                "SELECT * FROM dialer_queue_entry WHERE campaign_id = %s", self.id
            )
        groups = [self._waiting_entries(limit)]
        states = self.env["dialer.queue.entry"]._fields["state"].selection
        for state, _label in states:
            if state != "pending":
                groups.append(self._entries_in_state(state, limit))
        return SQL(" UNION ALL ").join(SQL("(%s)", group) for group in groups)

    def _entries_in_state(self, state, limit):
        """The first entries in a state, along the index.

        Written as a range: of a mere equation PostgreSQL knows that the order makes no
        difference, and may read a million rows in search of a few.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT * FROM dialer_queue_entry
             WHERE (campaign_id, state) >= (%(campaign)s, %(state)s)
               AND (campaign_id, state) <= (%(campaign)s, %(state)s)
          ORDER BY campaign_id, state LIMIT %(limit)s
            """,
            campaign=self.id,
            state=state,
            limit=limit,
        )

    def _waiting_entries(self, limit=None):
        """Those who wait, or the first of them in the order of calling.

        :rtype: SQL
        """
        return SQL(
            """
            SELECT * FROM dialer_queue_entry
             WHERE campaign_id = %s AND state = 'pending' %s
            """,
            self.id,
            SQL("ORDER BY rank, next_call_at, id LIMIT %s", limit) if limit else SQL(),
        )

    def _next_due(self):
        """When the next of those who wait is due, by the order of the queue's index.

        :return: naive UTC, or None
        :rtype: datetime | None
        """
        rows = self.env.execute_query(self._next_due_query())
        return rows[0][0]

    def _next_due_query(self):
        """The statement of :meth:`_next_due`: one row of each rank is read."""
        return SQL(
            """
            WITH RECURSIVE lane(rank) AS (
                (SELECT rank FROM dialer_queue_entry
                  WHERE campaign_id = %(campaign)s AND state = 'pending'
               ORDER BY rank LIMIT 1)
                UNION ALL
                SELECT (SELECT rank FROM dialer_queue_entry
                         WHERE campaign_id = %(campaign)s AND state = 'pending'
                           AND rank > lane.rank
                      ORDER BY rank LIMIT 1)
                  FROM lane WHERE lane.rank IS NOT NULL
            )
            SELECT min(due.next_call_at)
              FROM lane CROSS JOIN LATERAL (
                SELECT next_call_at FROM dialer_queue_entry
                 WHERE campaign_id = %(campaign)s AND state = 'pending'
                   AND rank = lane.rank AND next_call_at > %(now)s
              ORDER BY next_call_at LIMIT 1
              ) due
            """,
            campaign=self.id,
            now=fields.Datetime.now(),
        )

    def _query_reasons(self, user=None, limit=None):
        """Count the queue by state and stored reason.

        :return: state (one for all that agents hold), code, count and earliest
            moment of each
        :rtype: list[tuple[str, str, int, datetime | None]]
        """
        self.env["dialer.queue.entry"].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT state, reason, count(*)::int, min(until) FROM (
                    SELECT state, CASE
                        WHEN state IN ('reserved', 'asking', 'dialing') THEN 'held'
                        WHEN state = 'cancelled' AND withdrawn THEN 'withdrawn'
                        WHEN state != 'pending' AND wait_reason IN %(ended)s
                            THEN wait_reason
                        WHEN state != 'pending' THEN state
                        WHEN next_call_at > %(now)s THEN COALESCE(
                            wait_reason,
                            CASE WHEN is_callback THEN 'callback' ELSE 'later' END)
                        WHEN callback_user_id != %(user)s AND callback_until > %(now)s
                            THEN 'callback_other'
                        ELSE 'callable' END AS reason,
                        CASE
                        WHEN state != 'pending' THEN NULL
                        WHEN next_call_at > %(now)s THEN next_call_at
                        WHEN callback_user_id != %(user)s AND callback_until > %(now)s
                            THEN callback_until END AS until
                      FROM (%(entries)s) counted
                ) entry GROUP BY state, reason
                """,
                entries=self._counted_entries(limit),
                ended=ENDED_REASONS,
                now=fields.Datetime.now(),
                user=user.id if user else 0,
            )
        )

    def _due_reasons(self, limit=None):
        """Those who are due, but outside the calling hours where they live.

        :return: code, count, moment; what it counts is taken off ``callable``
        :rtype: list[tuple[str, int, datetime | None]]
        """
        # sudo: resource.calendar - the hours decide, whatever the user sees of them
        calendar = self.calendar_id.sudo()
        if not calendar:
            return []
        now, hours, found = fields.Datetime.now(), CallingHours(), []
        entries = self.env["dialer.queue.entry"]
        counts = dict(self._query_due_places(now, limit))
        # sudo: where a customer is decides, whatever the user sees of them
        places = entries.sudo().browse(counts)._places()
        for entry_id, count in counts.items():
            place: Place = places[entry_id]
            opening = hours.opening(calendar, self.company_id, place, now)
            if opening != now:
                code = "hours" if opening else "no_hours"
                found += [(code, count, opening), ("callable", -count, None)]
        return found

    def _query_due_places(self, now, limit=None):
        """Count those who are due by where they live, with one of each as example.

        :param int limit: look only at so many of those who wait
        :rtype: list[tuple[int, int]]
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT min(e.id), count(*)::int
                  FROM (%(waiting)s) e
             LEFT JOIN res_partner partner ON partner.id = e.partner_id
             LEFT JOIN crm_lead lead
                    ON lead.id = e.lead_id AND e.partner_id IS NULL
                 WHERE e.next_call_at <= %(now)s
                   AND (e.callback_user_id IS NULL OR e.callback_until <= %(now)s)
              GROUP BY partner.country_id, partner.state_id,
                       lead.country_id, lead.state_id,
                       -- the area code tells where they are without an address
                       CASE WHEN COALESCE(partner.state_id, lead.state_id) IS NULL
                            THEN left(e.phone, 5) END
                """,
                waiting=self._waiting_entries(limit),
                now=now,
            )
        )

    def action_why_not(self):
        """Button: show, with numbers, why customers are not being called.

        :return: window action on dialer.why.not
        :rtype: dict
        """
        inputs.one(self)
        entries = self.env["dialer.queue.entry"]
        lines = []
        if self.state != "running":
            sentence = entries._wait_sentence(f"campaign_{self.state}")
            lines.append({"campaign_id": self.id, "reason": sentence})
        # sudo: counts only
        for reason in self.sudo()._why_not_counts():
            label = entries._reason_label(reason["code"])
            lines.append(
                {
                    "campaign_id": self.id,
                    "reason": label[:1].upper() + label[1:],
                    "count": reason["count"],
                    "until": reason["until"],
                }
            )
        if not lines:
            text = self.env._("The queue of this campaign has no customers.")
            lines.append({"campaign_id": self.id, "reason": text})
        return self.env["dialer.why.not"]._open(self.name, lines)
