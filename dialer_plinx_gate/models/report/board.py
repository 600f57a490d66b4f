# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the supervisor board shows; dialer.live tells it when to ask again."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ...tools.clock import precise_now
from ..gate.gate import NO_PHONE

GATE_MINUTES = 15


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
            data["gate"] = self._gate_health()
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
            ``conversation``, waiting for the calling ``hours`` or for a ``later``
            time, ``held`` by agents, ``done``, ``exhausted``, ``invalid`` (no phone);
            and their ``total``
        :rtype: dict[int, dict]
        """
        if not campaigns:
            return {}
        self.env["dialer.queue.entry"].flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT campaign_id,
                       sum(n) FILTER (WHERE kind = 'callable') AS callable,
                       sum(callbacks) AS callbacks,
                       sum(n) FILTER (WHERE kind = 'conversation') AS conversation,
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

    @api.model
    def _gate_health(self):
        """Sum up the verdicts of the last minutes.

        Plinx was not asked about customers without a phone: they are no part of it.

        :return: ``minutes`` looked at, numbers of ``verdicts``, ``active`` and
            ``unknown``, ``p95_ms`` (time to answer, None without answers),
            ``breaker``: the state of the circuit breaker, and ``trouble``: why Plinx
            gives no verdicts now, in words, or None
        :rtype: dict
        """
        since = fields.Datetime.subtract(fields.Datetime.now(), minutes=GATE_MINUTES)
        events = self.env["dialer.gate.event"]
        events.flush_model()
        row = self.env.execute_query_dict(
            SQL(
                """
                SELECT count(*) AS verdicts,
                       count(*) FILTER (WHERE verdict = 'active') AS active,
                       count(*) FILTER (WHERE verdict = 'unknown') AS unknown,
                       percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms)
                           FILTER (WHERE source = 'live' AND latency_ms > 0) AS p95_ms
                  FROM dialer_gate_event
                 WHERE date >= %(since)s AND company_id IN %(companies)s
                   AND reason IS DISTINCT FROM %(no_phone)s
                """,
                since=since,
                no_phone=NO_PHONE,
                companies=self.env.companies._ids,
            )
        )[0]
        return {
            **row,
            "p95_ms": round(row["p95_ms"]) if row["p95_ms"] is not None else None,
            "minutes": GATE_MINUTES,
            "breaker": self._breaker_state(),
            "trouble": self._gate_trouble(since),
        }

    @api.model
    def _breaker_state(self):
        """The worst state of the circuit breakers of the active companies.

        :return: ``ok``, ``failing``, ``limited``, ``open`` or ``auth_error``
        :rtype: str
        """
        # sudo: only the state, which agents are told too; address and token stay
        connections = self.env["plinx.connection"].sudo()
        known = connections.search([("company_id", "in", self.env.companies.ids)])
        # after a failure the state stays "failing" for a while, answers or not
        states = {
            connection.state
            for connection in known
            if connection.last_reason not in (False, "ok")
        }
        names = [name for name, _label in known._fields["state"].selection]
        return max(states, key=names.index, default="ok")

    @api.model
    def _gate_trouble(self, since):
        """Why Plinx gives no verdicts now: it is held back, or said nothing last.

        :param datetime since: how far to look back, naive UTC
        :return: a sentence in the user's language, or None
        :rtype: str | None
        """
        here = ("company_id", "in", self.env.companies.ids)
        # sudo: only the state, which agents are told too; address and token stay
        held = self.env["plinx.connection"].sudo()
        # after a failure the state stays "failing" for a while, answers or not
        held = held.search(
            [here, ("state", "!=", "ok"), ("last_reason", "!=", "ok")], limit=1
        )
        if held:
            return self.env["dialer.gate"]._reason_sentence(
                held.last_reason, held.last_detail or {}
            )
        latest = self.env["dialer.gate.event"].search(
            [here, ("date", ">=", since), ("reason", "!=", NO_PHONE)], limit=1
        )
        if latest.verdict != "unknown":
            return None
        recovered = self.env["plinx.connection"]._of(latest.company_id).recovered_at
        over = recovered and recovered > latest.date
        return None if over else latest.reason_text
