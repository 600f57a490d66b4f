# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the supervisor board shows; dialer.live tells it when to ask again."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ...tools.clock import precise_now


class DialerBoard(models.AbstractModel):
    _name = "dialer.board"
    _description = "Supervisor Board"

    @api.model
    def _check_supervisor(self):
        """Let nobody but supervisors pass.

        :raise AccessError: for everybody else
        """
        if not self.env.user.has_group("dialer_plinx_gate.group_dialer_supervisor"):
            raise AccessError(
                self.env._("Only dialer supervisors can use the supervisor board.")
            )

    @api.model
    def _data(self, queues):
        """Read the board of the active companies. See
        :meth:`~.dialer_session_board.DialerSession.board_data`.

        :param bool queues: also what is counted over whole queues and the ledger
        :rtype: dict
        """
        data = {
            "now": fields.Datetime.to_string(fields.Datetime.now()),
            "sessions": self._session_rows(),
        }
        if queues:
            data["campaigns"] = self._campaign_rows()
            data["gate"] = self.env["dialer.gate"]._health()
        return data

    @api.model
    def _session_rows(self):
        """The sessions that are open.

        :rtype: list[dict]
        """
        sessions = self.env["dialer.session"].search(
            [
                ("state", "!=", "closed"),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        # all sessions in one query, not one per row of the board
        attended = dict(
            self.env["dialer.attendance"]._read_group(
                [("session_id", "in", sessions.ids)], ["session_id"], ["__count"]
            )
        )
        # sudo: the names of agents and customers, whatever else of them is hidden
        return [
            session._board_row(attended.get(session, 0)) for session in sessions.sudo()
        ]

    @api.model
    def _campaign_rows(self):
        """The campaigns that run or are paused, with what is in their queues.

        :rtype: list[dict]
        """
        campaigns = self.env["dialer.campaign"].search(
            [
                ("state", "in", ("running", "paused")),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        # paused campaigns too: a supervisor decides by what waits in them
        counts = self._queue_counts(campaigns)
        return [
            {
                "id": campaign.id,
                "name": campaign.name,
                "state": campaign.state,
                "company": campaign.company_id.name,
                "counts": counts.get(campaign.id, {}),
            }
            for campaign in campaigns
        ]

    @api.model
    def _queue_counts(self, campaigns):
        """Count the entries of whole queues by what becomes of them next.

        :param dialer.campaign campaigns: campaigns the caller may read
        :return: for each campaign with a queue the numbers of entries that are
            ``callable`` now, ``callbacks`` of these, put off because of a
            ``conversation``, set aside because Plinx left them ``unanswered``,
            waiting for the calling ``hours`` or for a ``later`` time, ``held`` by
            agents, ``done``, ``exhausted``, ``invalid`` (no phone); and their
            ``total``
        :rtype: dict[int, dict]
        """
        if not campaigns:
            return {}
        self.env["dialer.queue.entry"].flush_model()
        # Counted by kind first, then one row per campaign: each queue is read once, and
        # a million entries give a handful of groups.
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT campaign_id,
                       sum(n) FILTER (WHERE kind = 'callable') AS callable,
                       sum(callbacks) AS callbacks,
                       sum(n) FILTER (WHERE kind = 'conversation') AS conversation,
                       sum(n) FILTER (WHERE kind = 'unanswered') AS unanswered,
                       sum(n) FILTER (WHERE kind = 'hours') AS hours,
                       sum(n) FILTER (WHERE kind = 'later') AS later,
                       sum(n) FILTER (WHERE kind = 'held') AS held,
                       sum(n) FILTER (WHERE kind = 'done') AS done,
                       sum(n) FILTER (WHERE kind = 'exhausted') AS exhausted,
                       sum(n) FILTER (WHERE kind = 'invalid') AS invalid,
                       sum(n) AS total
                  FROM (
                    SELECT campaign_id,
                           CASE WHEN state IN ('reserved', 'asking', 'dialing')
                                THEN 'held'
                                WHEN state != 'pending' THEN state
                                WHEN next_call_at <= %(now)s THEN 'callable'
                                WHEN wait_reason = 'conversation' THEN 'conversation'
                                WHEN wait_reason = 'unanswered' THEN 'unanswered'
                                WHEN wait_reason IN ('hours', 'no_hours') THEN 'hours'
                                ELSE 'later'
                            END AS kind,
                           count(*) AS n,
                           count(*) FILTER (
                               WHERE is_callback AND state = 'pending'
                                 AND next_call_at <= %(now)s
                           ) AS callbacks
                      FROM dialer_queue_entry
                     WHERE campaign_id IN %(campaigns)s AND state != 'cancelled'
                  GROUP BY campaign_id, kind
                  ) counted
              GROUP BY campaign_id
                """,
                now=precise_now(),
                campaigns=campaigns._ids,
            )
        )
        return {
            row.pop("campaign_id"): {name: int(n or 0) for name, n in row.items()}
            for row in rows
        }
