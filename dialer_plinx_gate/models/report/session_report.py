# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where the time of the agents goes."""

from odoo import fields, models
from odoo.tools import SQL


class DialerSessionReport(models.Model):
    """Where the time of the agents goes: one row for each session and state."""

    _name = "dialer.session.report"
    _description = "Agent Time"
    # no table: it is added up when somebody looks, so it is never out of date
    _auto = False
    _order = "date desc, id"
    _depends = {
        "dialer.session": ["started_at", "closed_at", "user_id", "campaign_id"],
        "dialer.session.pause": ["session_id", "started_at", "ended_at"],
        "dialer.attendance": ["session_id", "duration", "wrap_up"],
    }

    date = fields.Datetime(string="Started on", readonly=True)
    session_id = fields.Many2one("dialer.session", readonly=True)
    user_id = fields.Many2one("res.users", string="Agent", readonly=True)
    campaign_id = fields.Many2one("dialer.campaign", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    state = fields.Selection(
        [
            ("talking", "Talking"),
            ("wrap_up", "Wrap-up"),
            ("paused", "Paused"),
            ("waiting", "Waiting and preview"),
        ],
        readonly=True,
    )
    hours = fields.Float(readonly=True, aggregator="sum")

    @property
    def _table_query(self):
        """One row for each session and state; waiting is what remains of its time."""
        # Talking and wrap-up come from the attendances, pauses from their own rows;
        # what remains of the session's time is waiting. An open session lasts until
        # now.
        return SQL(
            """
            WITH spent AS (
                SELECT session.id, session.started_at, session.user_id,
                       session.campaign_id, session.company_id,
                       EXTRACT(EPOCH FROM COALESCE(
                           session.closed_at, now() AT TIME ZONE 'UTC'
                       ) - session.started_at) AS worked,
                       COALESCE(calls.talking, 0) AS talking,
                       COALESCE(calls.wrap_up, 0) AS wrap_up,
                       COALESCE(pauses.paused, 0) AS paused
                  FROM dialer_session session
             LEFT JOIN (
                    SELECT session_id, sum(duration) AS talking,
                           sum(COALESCE(wrap_up, 0)) AS wrap_up
                      FROM dialer_attendance
                     WHERE session_id IS NOT NULL
                  GROUP BY session_id
                  ) calls ON calls.session_id = session.id
             LEFT JOIN (
                    SELECT session_id, sum(EXTRACT(EPOCH FROM COALESCE(
                               ended_at, now() AT TIME ZONE 'UTC'
                           ) - started_at)) AS paused
                      FROM dialer_session_pause
                  GROUP BY session_id
                  ) pauses ON pauses.session_id = session.id
            )
            SELECT spent.id * 4 + part.number AS id,
                   spent.started_at AS date,
                   spent.id AS session_id,
                   spent.user_id, spent.campaign_id, spent.company_id,
                   part.state, GREATEST(part.seconds, 0) / 3600.0 AS hours
              FROM spent
        CROSS JOIN LATERAL (VALUES
                       (0, 'talking', spent.talking),
                       (1, 'wrap_up', spent.wrap_up),
                       (2, 'paused', spent.paused),
                       (3, 'waiting', spent.worked - spent.talking
                                      - spent.wrap_up - spent.paused)
                   ) AS part(number, state, seconds)
            """
        )
