# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the gate does: its verdicts of the last minutes, and whether Plinx answers."""

from odoo import api, fields, models
from odoo.tools import SQL

from .gate import OWN_REASONS

# How far supervisors look back.
HEALTH_MINUTES = 15


class DialerGate(models.AbstractModel):
    _inherit = "dialer.gate"

    @api.model
    def _health(self):
        """Sum up the verdicts of the last minutes in the active companies.

        Plinx was not asked about customers without a phone: they are no part of it.

        :return: ``minutes`` looked at, numbers of ``verdicts``, ``active`` and
            ``unknown``, ``p95_ms`` (time to answer, None without answers),
            ``breaker``: the state of the circuit breaker, and ``trouble``: why Plinx
            gives no verdicts now, in words, or None
        :rtype: dict
        """
        since = fields.Datetime.subtract(fields.Datetime.now(), minutes=HEALTH_MINUTES)
        events = self.env["dialer.gate.event"]
        events.flush_model()
        # One pass over the last minutes by the index on the date. What was pushed took
        # no time, so it does not count towards the time to answer.
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
                   AND (reason IS NULL OR reason NOT IN %(own)s)
                """,
                since=since,
                own=OWN_REASONS,
                companies=self.env.companies._ids,
            )
        )[0]
        return {
            **row,
            "p95_ms": round(row["p95_ms"]) if row["p95_ms"] is not None else None,
            "minutes": HEALTH_MINUTES,
            "breaker": self._breaker_state(),
            "trouble": self._trouble(since),
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
    def _trouble(self, since):
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
            return self._reason_sentence(held.last_reason, held.last_detail or {})
        latest = self.env["dialer.gate.event"].search(
            [here, ("date", ">=", since), ("reason", "not in", OWN_REASONS)], limit=1
        )
        if latest.verdict != "unknown":
            return None
        # a trouble that is over since the last verdict is none
        recovered = self.env["plinx.connection"]._of(latest.company_id).recovered_at
        over = recovered and recovered > latest.date
        return None if over else latest.reason_text
